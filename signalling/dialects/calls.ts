/** Users who call each other: `user:join`, `call:initiate` and so on, over Socket.IO. */
import * as v from 'valibot'
import { USERS_KEY, type PlaceKey } from '../cluster/cluster.ts'
import { Calls } from '../domain/calls.ts'
import type { CallFact } from '../domain/calls-facts.ts'
import { isProof, newNonce, parseIdentityKey, type IdentityKey } from '../domain/identity.ts'
import { originOf } from '../domain/origins.ts'
import { StoredClaims } from '../domain/identity-claims.ts'
import { Users, type Device, type UserId } from '../domain/users.ts'
import type { RateKind } from '../transports/requests.ts'
import { BareSignals, toBare, type Form } from './bare-signals.ts'
import { AboutCall, Initiate, Join, Prove, refusals, SignalTo, Status, UserIdText } from './calls-messages.ts'
import type { RefusalCode } from './calls-messages.ts'
import type { Acknowledge, Dialect, DialectConnection, DialectContext, DialectSocket } from './dialect.ts'

interface CallsContext extends DialectContext {
  readonly users: Users
  readonly calls: Calls
}

interface Joined {
  readonly user: UserId
  readonly device: Device
  /** Fingerprint of the key that was proved, or null. */
  readonly key: string | null
}

interface Challenge {
  readonly userId: UserId
  readonly nonce: string
  readonly identity: IdentityKey
  /** Milliseconds since 1970. */
  readonly expires: number
}

/** Null, or why not. */
type Outcome = RefusalCode | null

const events = new Map<string, RateKind>([
  ['user:join', 'room'],
  ['user:prove', 'room'],
  ['user:status', 'room'],
  ['call:initiate', 'room'],
  ['call:accept', 'room'],
  ['call:reject', 'room'],
  ['call:end', 'room'],
  ['call:offer', 'signal'],
  ['call:answer', 'signal'],
  ['ice:candidate', 'signal'],
])

const wireNames = { offer: 'call:offer', answer: 'call:answer', candidate: 'ice:candidate' } as const

/** One client: nobody until it has joined as a user. */
class CallsClient implements DialectConnection {
  readonly #context: CallsContext
  readonly #socket: DialectSocket
  #signals = new BareSignals()
  /** How this client writes descriptions, and is sent them. */
  #form: Form = 'object'
  #joined: Joined | null = null
  /** Good for one answer. */
  #challenge: Challenge | null = null

  constructor(socket: DialectSocket, context: CallsContext) {
    this.#socket = socket
    this.#context = context
  }

  handle(event: string, payload: unknown, acknowledge: Acknowledge): void | Promise<void> {
    const outcome = this.#act(event, payload)
    if (outcome instanceof Promise) return outcome.then((refusal) => this.#answer(refusal, acknowledge))
    this.#answer(outcome, acknowledge)
  }

  place(): PlaceKey | null {
    return this.#joined && USERS_KEY
  }

  lost(): void {
    this.#challenge = null
    const joined = this.#joined
    this.#joined = null
    if (joined === null) return
    this.#context.calls.lost(joined)
    this.#context.users.lost(joined.user, joined.device)
  }

  #answer(refusal: Outcome, acknowledge: Acknowledge): void {
    if (refusal === null) {
      acknowledge?.({})
      return
    }
    const message = refusals[refusal]
    this.#socket.send('error', { message })
    acknowledge?.({ error: message })
  }

  #act(event: string, payload: unknown): Outcome | Promise<Outcome> {
    if (event === 'user:join') return this.#join(payload)
    if (event === 'user:prove') return this.#prove(payload)
    if (this.#joined === null) return 'not-authenticated'
    switch (event) {
      case 'user:status':
        return this.#tellStatus(payload)
      case 'call:initiate':
        return this.#initiate(payload, this.#joined)
      case 'call:offer':
        return this.#signal('offer', payload, this.#joined)
      case 'call:answer':
        return this.#signal('answer', payload, this.#joined)
      case 'ice:candidate':
        return this.#signal('candidate', payload, this.#joined)
      default:
        return this.#decide(event, payload, this.#joined)
    }
  }

  #join(payload: unknown): Outcome {
    this.#challenge = null
    const parsed = v.safeParse(Join, payload)
    if (!parsed.success) return 'no-user-id'
    const userId = v.safeParse(UserIdText, parsed.output.userId)
    if (!userId.success) return 'bad-user-id'
    const { publicKey } = parsed.output
    if (publicKey === undefined) return this.#enter(userId.output, null)
    const identity = parseIdentityKey(publicKey)
    if (identity === null) return 'bad-key'
    return this.#refusal(userId.output, identity.fingerprint) ?? this.#ask(userId.output, identity)
  }

  #ask(userId: UserId, identity: IdentityKey): null {
    const { clock, limits } = this.#context
    const nonce = newNonce()
    this.#challenge = { userId, nonce, identity, expires: clock.now() + limits.challengeMs }
    this.#socket.send('user:challenge', { nonce })
    return null
  }

  #prove(payload: unknown): Outcome {
    const challenge = this.#challenge
    this.#challenge = null
    if (challenge === null || challenge.expires <= this.#context.clock.now()) return 'no-challenge'
    const parsed = v.safeParse(Prove, payload)
    const { identity, nonce, userId } = challenge
    const isProved = parsed.success && isProof(identity, nonce, userId, parsed.output.signature)
    return isProved ? this.#enter(userId, identity.fingerprint) : 'bad-proof'
  }

  #refusal(userId: UserId, key: string | null): Outcome {
    if (this.#isAlready(userId, key)) return null
    return this.#context.users.refusal(userId, this.#socket.address, key)
  }

  /** Whether this client has joined as just that; without a key again is no less than with it. */
  #isAlready(userId: UserId, key: string | null): boolean {
    return this.#joined?.user === userId && (key === null || key === this.#joined.key)
  }

  #enter(userId: UserId, key: string | null): Outcome {
    if (!this.#isAlready(userId, key)) {
      const refusal = this.#refusal(userId, key)
      return refusal ?? this.#become(userId, key)
    }
    this.#socket.send('user:joined', { userId, socketId: this.#socket.id })
    return null
  }

  #become(userId: UserId, key: string | null): Outcome {
    const { users, calls } = this.#context
    const device: Device = { address: this.#socket.address, tell: (fact) => this.#tell(fact) }
    const since = users.awaySince(userId)
    const joining = users.join(userId, device, key)
    if (joining !== null) return joining
    if (this.#joined !== null) {
      calls.left(this.#joined)
      users.leave(this.#joined.user, this.#joined.device)
    }
    this.#joined = { user: userId, device, key }
    this.#socket.send('user:joined', { userId, socketId: this.#socket.id })
    calls.arrived(this.#joined, since)
    return null
  }

  #tellStatus(payload: unknown): Outcome {
    const parsed = v.safeParse(Status, payload)
    if (!parsed.success) return 'no-user-id'
    const { userId } = parsed.output
    const { users, calls } = this.#context
    this.#socket.send('user:status', {
      userId,
      isOnline: users.isOnline(userId),
      isInCall: calls.isInCall(userId),
    })
    return null
  }

  #initiate(payload: unknown, joined: Joined): Outcome | Promise<Outcome> {
    const parsed = v.safeParse(Initiate, payload)
    if (!parsed.success) return 'bad-shape'
    const { to, callType } = parsed.output
    const { calls, users, rooms, roomElsewhere } = this.#context
    // A call between users makes a room; one to a room uses what is there.
    const isNewRoom = users.isOnline(to) && !calls.isInCall(joined.user)
    if (isNewRoom && !this.#socket.mayCreate) return 'no-access'
    const origin = originOf(this.#socket.address)
    const refusal = calls.initiate(joined, to, callType)
    const elsewhere = refusal === 'user-not-found' && rooms.mayAsk(origin) ? roomElsewhere?.(to) : null
    if (!elsewhere) return refusal
    return calls.visit(joined, to, callType, elsewhere).then((outcome) => {
      if (outcome !== 'user-not-found') rooms.foundElsewhere(origin)
      return outcome
    })
  }

  #decide(event: string, payload: unknown, joined: Joined): Outcome {
    const parsed = v.safeParse(AboutCall, payload)
    if (!parsed.success) return 'bad-shape'
    const { calls } = this.#context
    const { callId } = parsed.output
    if (event === 'call:accept') return calls.accept(joined, callId)
    return event === 'call:reject' ? calls.reject(joined, callId) : calls.end(joined, callId)
  }

  #signal(kind: 'offer' | 'answer' | 'candidate', payload: unknown, joined: Joined): Outcome {
    const parsed = v.safeParse(SignalTo, payload)
    if (!parsed.success) return 'bad-shape'
    const seat = this.#context.calls.seatOf(joined)
    const target = seat?.target(kind, parsed.output.to) ?? null
    if (seat === null || target === null) return 'receiver-not-found'
    const said = parsed.output[kind]
    if (kind === 'candidate') {
      const signal = this.#signals.candidate(target, said)
      return signal === null ? 'bad-shape' : seat.send(target, signal)
    }
    const described = this.#signals.description(target, kind, said)
    if (described === null) return 'bad-shape'
    this.#form = described.form
    return seat.send(target, described.signal)
  }

  #tell(fact: CallFact): void {
    if (fact[0] !== 'call:signal') {
      if (fact[0] === 'call:ended' || fact[0] === 'call:rejected') this.#signals = new BareSignals()
      this.#socket.send(fact[0], fact[1])
      return
    }
    const { from, signal, callType } = fact[1]
    for (const { kind, value } of toBare(signal, this.#form))
      this.#socket.send(wireNames[kind], { [kind]: value, from, ...(kind === 'offer' ? { callType } : {}) })
  }
}

export const openCalls = (context: DialectContext): Dialect => {
  const { rooms, clock, limits, log, appointments, store } = context
  const users = new Users({ limits, clock, claims: new StoredClaims(store, limits) })
  const calls = new Calls({
    ...{ users, rooms, clock, limits },
    note: (phase, { callType, started, outcome }) => {
      log('info', `call-${phase}`, { callType, outcome })
      if (phase === 'ended') appointments.logCall({ started, ended: clock.now(), kind: callType, outcome })
    },
  })
  return {
    sockets: {
      system: 'calls',
      events,
      wishOf: () => ({ kind: 'place', key: USERS_KEY }),
      open: (socket) => new CallsClient(socket, { ...context, users, calls }),
    },
    holds: (key) => key === USERS_KEY && users.size + calls.size > 0,
    close: () => {
      calls.close()
      users.close()
    },
  }
}
