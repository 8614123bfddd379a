import type { Clock } from '../domain/clock.ts'
import type { RelayFigures } from '../metrics.ts'
import type { ServerLimits } from '../server-limits.ts'
import { Allocations } from './allocations.ts'
import { Forwarder } from './forwarder.ts'
import type { RelayClient } from './relay-client.ts'
import { StrangerRates } from './stranger-rates.ts'
import {
  attributeOf,
  attributeTypes,
  classes,
  isSealedWith,
  methods,
  parseStun,
  unknownTypesOf,
  type StunMessage,
} from './stun-message.ts'
import {
  challenge,
  encodeAnswer,
  fail,
  mappedAddress,
  succeed,
  unknownAttributes,
  type TurnAnswer,
} from './turn-answers.ts'
import { TurnPasses, type Pass } from './turn-passes.ts'
import { TurnRequests } from './turn-requests.ts'

/** Whether the first byte is that of ChannelData; that of a STUN message is below. */
export const isChannelData = (firstByte: number): boolean => firstByte >= 0x40 && firstByte < 0x80

/**
 * A TURN server (RFC 8656) that joins its own clients with each other and nobody else: messages in, messages out, whatever
 * they travel by. What is not well formed is passed over.
 */
export class TurnCore {
  readonly passes: TurnPasses
  readonly #allocations: Allocations
  readonly #forwarder: Forwarder
  readonly #requests: TurnRequests
  readonly #strangers: StrangerRates

  constructor(limits: ServerLimits, clock: Clock) {
    this.passes = new TurnPasses(limits, clock)
    this.#allocations = new Allocations(limits, clock)
    this.#forwarder = new Forwarder(this.#allocations, clock)
    this.#requests = new TurnRequests(this.#allocations, clock)
    this.#strangers = new StrangerRates(limits, clock)
  }

  get figures(): RelayFigures {
    const { packets, bytes } = this.#forwarder
    return { allocations: this.#allocations.size, packets, bytes }
  }

  hasAllocation(clientId: string): boolean {
    return this.#allocations.of(clientId) !== null
  }

  /** `bytes`: one whole message. They are written to. `newClient` answers who sent it, if nobody by this id is known. */
  take(clientId: string, bytes: Buffer, newClient: () => RelayClient): void {
    const [first] = bytes
    if (first === undefined) return
    const allocation = this.#allocations.of(clientId)
    if (isChannelData(first)) {
      if (allocation !== null) this.#forwarder.takeChannelData(allocation, bytes)
      return
    }
    const message = parseStun(bytes)
    if (message === null) return
    if (message.class === classes.request) this.#answer(allocation?.client ?? newClient(), message)
    else if (message.class === classes.indication && message.method === methods.send && allocation !== null)
      this.#forwarder.takeIndication(allocation, message)
  }

  /** Whoever came by a connection is gone with it. */
  forget(clientId: string): void {
    const allocation = this.#allocations.of(clientId)
    if (allocation !== null) this.#allocations.remove(allocation)
  }

  close(): void {
    this.#allocations.close()
  }

  #answer(client: RelayClient, message: StunMessage): void {
    if (message.method === methods.binding) {
      const unknown = unknownTypesOf(message)
      const known = succeed(mappedAddress(client, message))
      this.#answerStranger(client, message, unknown.length === 0 ? known : unknownAttributes(unknown))
      return
    }
    const pass = this.#admit(client, message)
    if (pass === null) return
    if ('ok' in pass) {
      this.#answerStranger(client, message, pass)
      return
    }
    const unknown = unknownTypesOf(message)
    const answer = unknown.length > 0 ? unknownAttributes(unknown) : this.#requests.answer({ client, pass, message })
    if (answer !== null) client.send(encodeAnswer(message, answer, pass.key))
  }

  #answerStranger(client: RelayClient, message: StunMessage, answer: TurnAnswer): void {
    if (this.#strangers.mayBeAnswered(client.address)) client.send(encodeAnswer(message, answer, null))
  }

  /** The pass that the sender has shown (RFC 8489, 9.2.4), or how to answer; null for no answer. */
  #admit(client: RelayClient, message: StunMessage): Pass | TurnAnswer | null {
    const { username, realm, nonce, requestedTransport } = attributeTypes
    if (message.integrityAt === null) {
      // Only those begin without a pass that want an allocation.
      const isBeginning = message.method === methods.allocate && attributeOf(message, requestedTransport) !== null
      return isBeginning ? challenge(401, this.passes.nonceFor(client.id)) : null
    }
    const [name, shown] = [attributeOf(message, username), attributeOf(message, nonce)]
    if (name === null || shown === null || attributeOf(message, realm) === null) return fail(400)
    if (!this.passes.isFresh(shown, client.id)) return challenge(438, this.passes.nonceFor(client.id))
    const pass = this.passes.read(name)
    if (pass === null || !isSealedWith(message, pass.key)) return challenge(401, this.passes.nonceFor(client.id))
    return pass
  }
}
