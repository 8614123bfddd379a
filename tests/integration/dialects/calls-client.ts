import { expect } from 'vitest'
import { EventClient, type Payload } from './event-client.ts'

/** A client of the system of users and calls, written from its description alone. */
export class UserClient extends EventClient {
  /** Everything that the server said until now and the test has not taken, in its order. Only for who has joined. */
  async rest(): Promise<string[]> {
    const userId = 'nobody at all'
    this.emit('user:status', { userId })
    await this.inbox.next('user:status', (payload) => (payload as Payload)['userId'] === userId)
    return this.inbox.takeAll()
  }

  async join(userId: string): Promise<Payload> {
    this.emit('user:join', { userId })
    return this.next('user:joined')
  }

  async status(userId: string): Promise<Payload> {
    this.emit('user:status', { userId })
    return this.next('user:status')
  }

  /** Sends what has to be refused, and answers the sentence. */
  async refused(event: string, payload?: unknown): Promise<unknown> {
    this.emit(event, payload)
    const { message, ...more } = await this.next('error')
    expect(more).toEqual({})
    return message
  }

  /** Awaits that the server knows this user to be without a connection. */
  async untilOffline(userId: string): Promise<void> {
    while ((await this.status(userId))['isOnline'] !== false);
  }
}

export const joinAs = async (url: string, userId: string): Promise<UserClient> => {
  const client = new UserClient(url)
  await client.join(userId)
  return client
}

/** Makes `from` call `to`; both have joined. Answers the call's id. */
export const ring = async (from: UserClient, to: UserClient, name: string): Promise<string> => {
  from.emit('call:initiate', { to: name, callType: 'video' })
  const { callId } = await to.next('call:incoming')
  expect(await from.next('call:initiated')).toEqual({ callId, to: name })
  return String(callId)
}

/** The same, accepted; nothing is left to be taken. */
export const call = async (from: UserClient, to: UserClient, name: string): Promise<string> => {
  const callId = await ring(from, to, name)
  to.emit('call:accept', { callId })
  for (const side of [from, to]) expect(await side.next('call:accepted')).toEqual({ callId, by: name })
  return callId
}

/** An identity of its own, which only the browser's WebCrypto knows the private half of. */
export class Identity {
  readonly #keys: CryptoKeyPair
  readonly publicKey: JsonWebKey

  private constructor(keys: CryptoKeyPair, publicKey: JsonWebKey) {
    this.#keys = keys
    this.publicKey = publicKey
  }

  static async make(): Promise<Identity> {
    const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
    return new Identity(keys, await crypto.subtle.exportKey('jwk', keys.publicKey))
  }

  async spki(): Promise<string> {
    return Buffer.from(await crypto.subtle.exportKey('spki', this.#keys.publicKey)).toString('base64url')
  }

  async sign(nonce: unknown, userId: string): Promise<string> {
    const message = new TextEncoder().encode(`earshot identity 1\n${String(nonce)}\n${userId}`)
    const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, this.#keys.privateKey, message)
    return Buffer.from(signature).toString('base64url')
  }

  /** Joins on a socket of its own. */
  async join(url: string, userId: string): Promise<UserClient> {
    const client = new UserClient(url)
    client.emit('user:join', { userId, publicKey: this.publicKey })
    const { nonce } = await client.next('user:challenge')
    client.emit('user:prove', { signature: await this.sign(nonce, userId) })
    await client.next('user:joined')
    return client
  }
}
