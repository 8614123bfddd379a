import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readWill, type Will } from '#signalling/protocol.ts'
import { HostSigner, leadsTo } from '#signalling/domain/wills.ts'
import { createHostKey, createHostSigner } from '../../../helpers/host-keys.ts'

const CODE = 'k7mq2xvd9thr'
const [first, second, third] = [createHostSigner(), createHostSigner(), createHostSigner()]
/** From the first computer to the third. */
const will: Will = [first.sign(CODE, second.pin), second.sign(CODE, third.pin)]
const right = { code: CODE, to: third.pin }

/** What this server says has to be what the pages say. */
const check = async (checked: Will, whither: { code: string; to: string }): Promise<boolean> => {
  const pins = await readWill(checked, whither)
  expect(leadsTo(checked, whither)).toBe(pins !== null)
  return pins !== null
}

test('what one computer after the other signs leads from the first to the last, for the page as for the server', async () => {
  expect(await readWill(will, right)).toEqual([first.pin, second.pin])
  expect(leadsTo(will, right)).toBe(true)
  expect(await check(will.slice(1), right)).toBe(true)
})

test('a will is for one room and one computer', async () => {
  expect(await check(will, { code: 'k7mq2xvd9thx', to: third.pin })).toBe(false)
  expect(await check(will, { code: CODE, to: first.pin })).toBe(false)
  expect(await check(will.slice(0, 1), right)).toBe(false)
})

test('steps that are swapped, doubled, or of somebody else lead nowhere', async () => {
  const [step, next] = [will[0]!, will[1]!]
  const other = createHostSigner()
  for (const forged of [
    [next, step],
    [step, step, next],
    [step, other.sign(CODE, third.pin)],
    [{ key: step.key, signature: other.sign(CODE, second.pin).signature }, next],
    [{ key: other.sign(CODE, second.pin).key, signature: step.signature }, next],
  ])
    expect(await check(forged, right)).toBe(false)
})

test('a letter that is changed anywhere in it is noticed', async () => {
  const places = fc.record({ step: fc.nat(1), field: fc.constantFrom('key', 'signature'), at: fc.nat(80) })
  await fc.assert(
    fc.asyncProperty(places, async ({ step, field, at }) => {
      const text = will[step]![field]
      const changed = `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
      const forged = will.map((each, index) => (index === step ? { ...each, [field]: changed } : each))
      expect(await check(forged, right)).toBe(false)
    }),
    { numRuns: 60 },
  )
})

test('keys of another kind are none', async () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
  const key = publicKey.export({ type: 'spki', format: 'der' }).toString('base64url')
  expect(await check([{ key, signature: will[0]!.signature }], right)).toBe(false)
  expect(await check([{ key: 'A'.repeat(122), signature: 'A'.repeat(86) }], right)).toBe(false)
})

test('a computer is known by its public key, and signs with another one when it has another', async () => {
  const [pem, next] = [createHostKey(), createHostKey()]
  const signer = new HostSigner(pem)
  const { pin } = signer
  const change = signer.prepare(next)
  expect(signer.pin).toBe(pin)
  change()
  expect(signer.pin).toBe(new HostSigner(next).pin)
  expect(await check([signer.sign(CODE, third.pin)], right)).toBe(true)
  expect(signer.sign(CODE, third.pin).key).toBe(
    createPublicKey(next).export({ type: 'spki', format: 'der' }).toString('base64url'),
  )
})

test.each([
  ['another curve', createHostKey('secp384r1')],
  ['another kind', generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
  ['no key', 'nothing at all'],
])('a key of %s is refused, and the former one stays', (_what, pem) => {
  expect(() => new HostSigner(pem)).toThrow()
  const signer = createHostSigner()
  const { pin } = signer
  expect(() => signer.prepare(pem)).toThrow()
  expect(signer.pin).toBe(pin)
})
