import { createHash } from 'node:crypto'
import { classes, Message, methods, parseMessage } from 'werift'
import { expect } from 'vitest'
import { defaultServerLimits, type ServerLimits } from '#signalling/server-limits.ts'
import type { RelayClient } from '#signalling/turn/relay-client.ts'
import { TurnCore } from '#signalling/turn/turn-core.ts'
import { ManualClock } from '../../../helpers/signalling-domain.ts'

export type Attributes = readonly [string, unknown][]
export type Address = readonly [string, number]

/** Of `REQUESTED-TRANSPORT`: the protocol number in the first of four bytes (RFC 8656, 18.8). */
export const UDP = 17 << 24
export const MINUTE_MS = 60_000

export const compose = (method: methods, attributes: Attributes, messageClass = classes.REQUEST): Message => {
  const message = new Message(method, messageClass)
  for (const [name, value] of attributes) message.setAttribute(name as 'DATA', value)
  return message
}

/** One client of a core, without any network: what it sends is answered before `send` is over. */
export class Caller {
  readonly sent: Buffer[] = []
  readonly #core: TurnCore
  readonly #client: RelayClient
  #pass = { username: '', credential: '' }
  #nonce: Buffer = Buffer.alloc(0)

  constructor(core: TurnCore, id: string, isStream = false) {
    this.#core = core
    const send = (bytes: Buffer) => void this.sent.push(Buffer.from(bytes))
    this.#client = { id, address: '10.0.0.1', port: 4000, isStream, send }
  }

  get key(): Buffer {
    return createHash('md5').update(`${this.#pass.username}:earshot:${this.#pass.credential}`).digest()
  }

  say(bytes: Buffer): void {
    this.#core.take(this.#client.id, Buffer.from(bytes), () => this.#client)
  }

  /** The answer; undefined when there is none. */
  ask(message: Message): Message | undefined {
    const before = this.sent.length
    this.say(message.bytes)
    const answer = this.sent.length > before ? this.sent.at(-1) : undefined
    return answer && parseMessage(answer)
  }

  sealed(method: methods, attributes: Attributes, raw: readonly (readonly [number, Buffer])[] = []): Message {
    const message = compose(method, [
      ...attributes,
      ['USERNAME', this.#pass.username],
      ['REALM', 'earshot'],
      ['NONCE', this.#nonce],
    ])
    if (raw.length === 0) return message.addMessageIntegrity(this.key)
    for (const [type, value] of raw) message.appendRawAttribute(type, value)
    // werift writes what it does not know last: the seal has to stand behind it.
    const seal = message.messageIntegrity(this.key)
    return message.appendRawAttribute(0x0008, seal)
  }

  /** Uses this nonce from now on. */
  take(nonce: Buffer): void {
    this.#nonce = nonce
  }

  challenge(): void {
    const answer = this.ask(compose(methods.ALLOCATE, [['REQUESTED-TRANSPORT', UDP]]))
    this.#nonce = answer?.getAttributeValue('NONCE') as Buffer
  }

  /** The code of the refusal, or null. */
  try(method: methods, attributes: Attributes): number | null | undefined {
    return codeOf(this.ask(this.sealed(method, attributes)))
  }

  show(user: string): void {
    this.#pass = this.#core.passes.issue(user)
  }

  allocate(user: string): Address {
    this.show(user)
    this.challenge()
    const answer = this.ask(this.sealed(methods.ALLOCATE, [['REQUESTED-TRANSPORT', UDP]]))
    expect(codeOf(answer)).toBeNull()
    return answer?.getAttributeValue('XOR-RELAYED-ADDRESS') as Address
  }

  permit(peer: Address): number | null | undefined {
    return this.try(methods.CREATE_PERMISSION, [['XOR-PEER-ADDRESS', peer]])
  }

  bind(channel: number, peer: Address): number | null | undefined {
    return this.try(methods.CHANNEL_BIND, [
      ['CHANNEL-NUMBER', channel],
      ['XOR-PEER-ADDRESS', peer],
    ])
  }

  indicate(peer: Address, data: string): void {
    const attributes: Attributes = [
      ['XOR-PEER-ADDRESS', peer],
      ['DATA', Buffer.from(data)],
    ]
    this.say(compose(methods.SEND, attributes, classes.INDICATION).bytes)
  }

  sendBy(channel: number, data: string): void {
    this.say(Buffer.concat([Buffer.from([channel >> 8, channel & 0xff, 0, data.length]), Buffer.from(data)]))
  }
}

/** Of a refusal; null of an answer that is none. */
export const codeOf = (answer: Message | undefined): number | null | undefined =>
  answer && ((answer.getAttributeValue('ERROR-CODE') as [number] | undefined)?.[0] ?? null)

/** A core with a clock of its own, and who speaks to it. */
export const createCore = (limits: Partial<ServerLimits> = {}) => {
  const clock = new ManualClock()
  const core = new TurnCore({ ...defaultServerLimits, ...limits }, clock)
  return { clock, core, caller: (id: string) => new Caller(core, id) }
}

/** Two who have an allocation each. */
export const createPair = (limits: Partial<ServerLimits> = {}) => {
  const world = createCore(limits)
  const [ann, ben] = [world.caller('ann'), world.caller('ben')]
  return { ...world, ann, ben, annAt: ann.allocate('ann'), benAt: ben.allocate('ben') }
}
