import * as v from 'valibot'
import type { DialectConnection } from '../dialects/dialect.ts'
import { newPeerId } from '../domain/peers.ts'
import { refuse } from '../domain/results.ts'
import { isSentOut, type RoomListener, type RoomSession, type TakeSeat, type Visitor } from '../domain/room-session.ts'
import type { PeerId, Signal } from '#signalling/protocol.ts'
import { Answer, Left, Neighbour, SignalFrom } from './caller-messages.ts'
import type { HostedSocket } from './hosted.ts'

interface RemoteSessionOptions {
  /** Of the room: its name or code. */
  readonly address: string
  /** To whichever process is home of it (callers.ts). */
  readonly open: (socket: HostedSocket) => DialectConnection
  readonly listener: RoomListener
}

/** A user's way into a room that may be in any process. It is over as soon as that one dies or gives the room away. */
export class RemoteSession implements RoomSession {
  readonly #options: RemoteSessionOptions
  /** One for each time that it comes in; null outside. */
  #connection: DialectConnection | null = null

  constructor(options: RemoteSessionOptions) {
    this.#options = options
  }

  enter({ user, origin }: Visitor, then: TakeSeat): void {
    this.#ask('enter', { address: this.#options.address, user }, origin, then)
  }

  resume({ token, origin }: { readonly token: string; readonly origin: string }, then: TakeSeat): void {
    this.#ask('resume', { token }, origin, then)
  }

  /** Whoever is gone by now will be told of soon. */
  sendSignal(to: PeerId, signal: Signal): boolean {
    if (this.#connection === null) return false
    void this.#connection.handle('signal', { to, signal }, null)
    return true
  }

  lose(): void {
    this.#connection?.lost()
    this.#connection = null
  }

  leave(): void {
    const connection = this.#connection
    this.#connection = null
    // Not lost before it has left: the room would wait for it.
    void connection?.handle('leave', {}, () => connection.lost())
  }

  #ask(event: string, payload: unknown, origin: string, then: TakeSeat): void {
    const connection = (this.#connection = this.#connect(origin))
    void connection.handle(event, payload, (answer) => {
      if (this.#connection !== connection) return
      const parsed = v.safeParse(Answer, answer)
      if (!parsed.success) then(refuse('internal'))
      else then(parsed.output.ok ? parsed.output : refuse(parsed.output.code))
    })
  }

  #connect(origin: string): DialectConnection {
    const connection = this.#options.open({
      ...{ id: '', address: origin, mayCreate: false, peerId: newPeerId() },
      send: (event, payload) => {
        if (this.#connection === connection) this.#hear(event, payload)
      },
      close: () => {
        connection.lost()
        if (this.#connection !== connection) return
        this.#connection = null
        this.#options.listener.over('lost')
      },
    })
    return connection
  }

  #hear(event: string, payload: unknown): void {
    const { listener } = this.#options
    if (isSentOut(event)) {
      this.#connection?.lost()
      this.#connection = null
      listener.over('ended')
    } else if (event === 'peer:joined') {
      const peer = v.safeParse(Neighbour, payload)
      if (peer.success) listener.arrived(peer.output)
    } else if (event === 'peer:left') {
      const left = v.safeParse(Left, payload)
      if (left.success) listener.gone(left.output.id)
    } else if (event === 'signal:received') {
      const heard = v.safeParse(SignalFrom, payload)
      if (heard.success) listener.signalled(heard.output.from, heard.output.signal)
    }
  }
}
