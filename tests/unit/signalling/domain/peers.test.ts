import { expect, test } from 'vitest'
import type { Fact } from '#signalling/domain/facts.ts'
import { Outbox } from '#signalling/domain/outbox.ts'
import { newPeerId, Peer } from '#signalling/domain/peers.ts'
import { anOffer } from '../../../helpers/signalling-client.ts'

const createLine = (origin = '192.0.2.1') => {
  const facts: Fact[] = []
  let released = 0
  const line = {
    manner: 'perfect' as const,
    peerId: newPeerId(),
    origin,
    deliver: (fact: Fact) => void facts.push(fact),
    released: () => void (released += 1),
  }
  return { line, facts, timesReleased: () => released }
}
const who = { id: newPeerId(), name: 'Ann', generation: 1 }

test('ids are 22 letters of base64url and never the same', () => {
  const ids = Array.from({ length: 1000 }, newPeerId)
  expect(new Set(ids).size).toBe(1000)
  for (const id of ids) expect(id).toMatch(/^[\w-]{22}$/)
})

test('signals wait for a peer that is away and other facts do not', () => {
  const peer = new Peer(who, createLine().line)
  peer.goAway(new Outbox({ signals: 9, size: 9999 }), () => undefined)
  expect(peer.presence).toBe('away')
  peer.deliver(['peer:away', { id: 'b' }])
  peer.deliverSignal('b', anOffer())
  const { line, facts } = createLine()
  const tellLines = peer.comeBack(line)
  expect([peer.presence, facts]).toEqual(['present', []])
  tellLines()
  expect(facts).toEqual([['signal:received', { from: 'b', signal: anOffer() }]])
})

test('a peer is known by where it was connected from last', () => {
  const peer = new Peer({ ...who, origin: '192.0.2.9' }, createLine().line)
  expect(peer.origin).toBe('192.0.2.9')
  peer.comeBack(createLine('192.0.2.2').line)()
  peer.goAway(new Outbox({ signals: 9, size: 9999 }), () => undefined)
  expect([peer.origin, peer.record.origin]).toEqual(['192.0.2.2', '192.0.2.2'])
})

test('what is delivered surely waits for a peer that is away, and is in no record', () => {
  const peer = new Peer(who, createLine().line)
  peer.goAway(new Outbox({ signals: 9, size: 9999 }), () => undefined)
  peer.deliverSurely(['peer:muted', { id: who.id, by: 'b' }])
  expect(peer.record.outbox).toEqual([])
  const { line, facts } = createLine()
  peer.comeBack(line)()
  expect(facts).toEqual([['peer:muted', { id: who.id, by: 'b' }]])
})

test('taking up a peer that is present lets its former line go, which is told', () => {
  const former = createLine()
  const peer = new Peer(who, former.line)
  const { line, facts } = createLine()
  peer.comeBack(line)()
  peer.deliver(['server:stopping'])
  expect(former.facts).toEqual([['session:replaced']])
  expect(former.timesReleased()).toBe(1)
  expect(facts).toEqual([['server:stopping']])
})

test('coming back ends the wait', () => {
  let stopped = 0
  const peer = new Peer(who, createLine().line)
  peer.goAway(new Outbox({ signals: 9, size: 9999 }), () => void (stopped += 1))
  peer.comeBack(createLine().line)
  expect(stopped).toBe(1)
})

test('a record holds what another process needs, and signals only while the peer is away', () => {
  const peer = new Peer({ ...who, generation: 3 }, createLine().line)
  peer.deliverSignal('b', anOffer())
  expect(peer.record).toEqual({ ...who, generation: 3, origin: '192.0.2.1', outbox: [] })
  peer.goAway(new Outbox({ signals: 1, size: 9999 }), () => undefined)
  peer.deliverSignal('b', anOffer())
  expect(peer.record.outbox).toEqual([{ from: 'b', signal: anOffer() }])
  peer.deliverSignal('b', anOffer())
  expect(peer.record.outbox).toBeNull()
})

test('a peer of a room that is elsewhere lets its line go without a word, or waits no more', () => {
  let stopped = 0
  const { line, facts, timesReleased } = createLine()
  const peer = new Peer(who, line)
  peer.evict()
  expect([facts, timesReleased()]).toEqual([[], 1])
  peer.goAway(new Outbox({ signals: 1, size: 9999 }), () => void (stopped += 1))
  peer.evict()
  expect([stopped, timesReleased()]).toEqual([1, 1])
})
