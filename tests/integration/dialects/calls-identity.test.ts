import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { dropConnection, startTestServer } from '../../helpers/signalling-client.ts'
import { Identity, joinAs, UserClient } from './calls-client.ts'

const challenge = async (url: string, userId: string, publicKey: unknown) => {
  const client = new UserClient(url)
  client.emit('user:join', { userId, publicKey })
  const { nonce } = await client.next('user:challenge')
  return { client, nonce }
}

test('an id is claimed with a key by signing what the server asks, and nothing before that', async () => {
  const { url } = await startTestServer()
  const identity = await Identity.make()
  const { client, nonce } = await challenge(url, 'ann', identity.publicKey)
  expect(nonce).toMatch(/^[\w-]{43}$/)
  expect(await client.refused('user:status', { userId: 'ann' })).toBe('User not authenticated')
  client.emit('user:prove', { signature: await identity.sign(nonce, 'ann') })
  expect(await client.next('user:joined')).toEqual({ userId: 'ann', socketId: client.socket.id })
})

test('a key is the same as SubjectPublicKeyInfo', async () => {
  const { url } = await startTestServer()
  const identity = await Identity.make()
  await identity.join(url, 'ann')
  const { client, nonce } = await challenge(url, 'ann', await identity.spki())
  client.emit('user:prove', { signature: await identity.sign(nonce, 'ann') })
  await client.next('user:joined')
})

test('a claimed id is nobody else’s, whether its user is there or not', async () => {
  const { url } = await startTestServer({ limits: { awayMs: 1, roomRate: { burst: 10_000, perSecond: 10_000 } } })
  const [identity, other] = [await Identity.make(), await Identity.make()]
  const [ann, bob, thief] = [await identity.join(url, 'ann'), await joinAs(url, 'bob'), new UserClient(url)]
  const tryAll = async () => {
    expect(await thief.refused('user:join', { userId: 'ann' })).toBe('User ID is taken')
    expect(await thief.refused('user:join', { userId: 'ann', publicKey: other.publicKey })).toBe('User ID is taken')
  }
  await tryAll()
  dropConnection(ann.socket)
  await bob.untilOffline('ann')
  await tryAll()
  await identity.join(url, 'ann')
})

test('a signature is good for one challenge and one id', async () => {
  const { url } = await startTestServer()
  const identity = await Identity.make()
  const former = await challenge(url, 'ann', identity.publicKey)
  const signature = await identity.sign(former.nonce, 'ann')
  former.client.emit('user:prove', { signature })
  await former.client.next('user:joined')
  expect(await former.client.refused('user:prove', { signature })).toMatch(/no challenge/)

  const replayed = await challenge(url, 'ann', identity.publicKey)
  expect(replayed.nonce).not.toBe(former.nonce)
  expect(await replayed.client.refused('user:prove', { signature })).toMatch(/does not prove/)
  const right = await identity.sign(replayed.nonce, 'ann')
  expect(await replayed.client.refused('user:prove', { signature: right })).toMatch(/no challenge/)
  expect(await replayed.client.refused('user:status', { userId: 'ann' })).toBe('User not authenticated')

  const second = await challenge(url, 'anna', identity.publicKey)
  const forOtherId = await identity.sign(second.nonce, 'ann')
  expect(await second.client.refused('user:prove', { signature: forOtherId })).toMatch(/does not prove/)
})

test('a signature of another key, or none at all, proves nothing', async () => {
  const { url } = await startTestServer()
  const [identity, other] = [await Identity.make(), await Identity.make()]
  for (const sign of [
    (nonce: unknown) => other.sign(nonce, 'ann'),
    () => Promise.resolve('A'.repeat(86)),
    () => Promise.resolve(''),
    () => Promise.resolve(7),
    () => Promise.resolve('x'.repeat(10_000)),
  ]) {
    const { client, nonce } = await challenge(url, 'ann', identity.publicKey)
    expect(await client.refused('user:prove', { signature: await sign(nonce) })).toMatch(/does not prove/)
  }
  expect(await new UserClient(url).refused('user:prove', { signature: 'A' })).toMatch(/no challenge/)
})

test('a challenge that is too old is none', async () => {
  const { url } = await startTestServer({ limits: { challengeMs: 0 } })
  const identity = await Identity.make()
  const { client, nonce } = await challenge(url, 'ann', identity.publicKey)
  expect(await client.refused('user:prove', { signature: await identity.sign(nonce, 'ann') })).toMatch(/no challenge/)
})

test('points beside the curve, other curves and other things are no keys', async () => {
  const { url } = await startTestServer()
  const client = new UserClient(url)
  const { publicKey } = await Identity.make()
  const p384 = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-384' }, true, ['sign', 'verify'])
  const rsa = { kty: 'RSA', n: publicKey.x, e: 'AQAB' }
  const otherCurve = Buffer.from(await crypto.subtle.exportKey('spki', p384.publicKey)).toString('base64url')
  const keys = [
    { ...publicKey, y: publicKey.x },
    { ...publicKey, x: 'AA', y: 'AA' },
    rsa,
    otherCurve,
    'AAAA',
    7,
    null,
    [],
  ]
  for (const key of keys)
    expect(await client.refused('user:join', { userId: 'ann', publicKey: key })).toMatch(/no point of the curve/)
})

test('an id that somebody uses without a key can not be claimed away', async () => {
  const { url } = await startTestServer()
  await joinAs(url, 'ann')
  const { publicKey } = await Identity.make()
  expect(await new UserClient(url).refused('user:join', { userId: 'ann', publicKey })).toBe('User ID is taken')
})

test('a claimed id stays its key’s when the server starts again', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'earshot-claims-'))
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  const identity = await Identity.make()
  const former = await startTestServer({ dataDir })
  await identity.join(former.url, 'ann')
  await former.close()
  const { url } = await startTestServer({ dataDir })
  expect(await new UserClient(url).refused('user:join', { userId: 'ann' })).toBe('User ID is taken')
  await identity.join(url, 'ann')
})
