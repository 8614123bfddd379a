import { expect, it } from 'vitest'
import type { PinnedHost } from '#electron/ipc.ts'
import { Lineage } from '#renderer/call/succession/lineage.ts'
import { Places, type Place } from '#renderer/call/succession/places.ts'

const at = (pin: string | null): Place => ({ pin, addresses: [], token: '' })
const known = (pin: string): PinnedHost => ({ pin, addresses: [] })
/** Each under an id of the same name as the key. */
const told = (...pins: readonly string[]) => ({ host: null, heirs: pins.map((pin) => ({ id: `id of ${pin}`, pin })) })
const lineageFrom = (first: string | null) => {
  const places = new Places(at(first))
  return { places, lineage: new Lineage(places) }
}
/** Of these, the earlier ones come before each later one, and not the other way round. */
const expectOrder = (lineage: Lineage, ...pins: readonly string[]) => {
  for (const [index, pin] of pins.entries())
    for (const [other, another] of pins.entries())
      expect(lineage.isSenior(pin, at(another)), `${pin} before ${another}`).toBe(index < other)
}

it('has the computer where the room was found first, then the heirs in the order they are told', () => {
  const { lineage } = lineageFrom('hedy')
  lineage.learn(told('ann', 'ben'))
  lineage.learn(told('ann', 'ben', 'cem'))
  expectOrder(lineage, 'hedy', 'ann', 'ben', 'cem')
  expect(lineage.isSenior('eve', at('ben'))).toBe(false)
})

it('keeps the order when those who went on with the room are told no more', () => {
  const { lineage } = lineageFrom('hedy')
  lineage.learn(told('ann', 'ben', 'cem', 'dan'))
  // Each at the server of the one before.
  lineage.learn(told('ben', 'cem', 'dan'))
  lineage.learn(told('dan'))
  expectOrder(lineage, 'hedy', 'ann', 'ben', 'cem', 'dan')
})

it('has those last who left and came back, as for whoever came later than both', () => {
  const { lineage } = lineageFrom('hedy')
  lineage.learn(told('ann', 'ben', 'cem'))
  lineage.learn(told('ben', 'cem'))
  lineage.learn(told('ben', 'cem', 'ann'))
  expectOrder(lineage, 'hedy', 'ben', 'cem', 'ann')
  const { lineage: latecomer } = lineageFrom('hedy')
  latecomer.learn(told('ben', 'cem', 'ann'))
  expectOrder(latecomer, 'hedy', 'ben', 'cem', 'ann')
})

it('knows from its own will who hosted before the computer where it came in', () => {
  const { lineage } = lineageFrom('ann')
  lineage.learn(told('ben', 'cem'))
  expect(lineage.isSenior('hedy', at('ann'))).toBe(false)
  lineage.learnFormer(['hedy', 'ann'])
  expectOrder(lineage, 'hedy', 'ann', 'ben', 'cem')
  lineage.learn(told('cem'))
  expectOrder(lineage, 'hedy', 'ann', 'ben', 'cem')
})

it('takes a key that no server told for that of the first computer where it sees no keys, and there alone', () => {
  const { lineage } = lineageFrom(null)
  lineage.learn(told('ann', 'ben'))
  expect(lineage.isSenior('hedy', at('ann'))).toBe(true)
  expect(lineage.isSenior('ann', at('ben'))).toBe(true)
  expect(lineage.isSenior('ben', at('ann'))).toBe(false)
  // At the first computer nobody comes before.
  for (const pin of ['hedy', 'ann']) expect(lineage.isSenior(pin, at(null))).toBe(false)
})

it('looks for the computers before the present one, but for those whose people are there', () => {
  const { lineage, places } = lineageFrom('hedy')
  places.remember({ ...known('ann'), addresses: ['10.0.0.2:8001'] }, 'token')
  lineage.learn(told('ann', 'ben', 'cem'))
  lineage.learn(told('cem', 'dan'))
  const seniors = lineage.seniorsOf(at('cem'))
  expect(seniors.map(({ pin }) => pin)).toEqual(['hedy', 'ann', 'ben'])
  expect(seniors[1]).toEqual({ pin: 'ann', addresses: ['10.0.0.2:8001'], token: 'token' })
  lineage.learn(told('ben', 'dan'))
  expect(lineage.seniorsOf(at('cem')).map(({ pin }) => pin)).toEqual(['hedy', 'ann'])
})

it('believes those alone who were named, each with the key that they were named with', () => {
  const { lineage } = lineageFrom('hedy')
  lineage.learn(told('ann'))
  lineage.learn(told('ben'))
  expect(lineage.isNamed('id of ann', 'ann')).toBe(true)
  expect(lineage.isNamed('id of ann', 'ben')).toBe(false)
  expect(lineage.isNamed('id of eve', 'ann')).toBe(false)
  expect(lineage.heirAt('ann')).toBe('id of ann')
  expect(lineage.heirAt('eve')).toBeNull()
})

it('stays bounded with a server that names ever others', () => {
  const { lineage } = lineageFrom('hedy')
  for (let count = 0; count < 1000; count++) lineage.learn(told(`a${String(count)}`, `b${String(count)}`))
  expect(lineage.seniorsOf(at('b999')).length).toBeLessThanOrEqual(102)
  expect(lineage.isNamed('id of b999', 'b999')).toBe(true)
  expect(lineage.isNamed('id of a0', 'a0')).toBe(false)
})
