import type { Socket as TcpSocket } from 'node:net'
import type { Server, Socket } from 'socket.io'
import type { ClientToServer, ServerToClient } from '#signalling/protocol.ts'
import type { Fact } from '../domain/facts.ts'
import { contain, type Log } from '../log.ts'
import type { ServerLimits } from '../server-limits.ts'
import type { ForeignGate } from './foreign-gate.ts'
import { noteActivity, type Gate, type Handled } from './request-gate.ts'

/** Nothing goes between servers yet, and the connection is kept beside the socket, not in its `data`. */
type None = Record<string, never>
export type SignallingServerSocket = Socket<ClientToServer, ServerToClient, None, None>
export type SocketIoServer = Server<ClientToServer, ServerToClient, None, None>

type Named = [name: string, ...payload: unknown[]]
type Emit = (...event: Named) => boolean

/** engine.io's queue while the TCP socket does not take more. Declared private there, and there is no other way to it. */
interface WriteQueue {
  readonly writeBuffer: readonly { readonly data?: unknown }[]
}

/**
 * One Socket.IO socket: packets to the gate, answers and facts to the socket, in that order. Events of other systems go to
 * the gate of those, and what that sends goes out as it comes.
 */
export class Connection {
  readonly #socket: SignallingServerSocket
  readonly #limits: ServerLimits
  /** Null while it may be long-polling: then no TCP connection is its own. */
  readonly #tcp: TcpSocket | null
  /** Facts that a request caused for its sender, until it has its answer. */
  #held: Fact[] | null = null
  #isCut = false

  constructor(socket: SignallingServerSocket, limits: ServerLimits) {
    this.#socket = socket
    this.#limits = limits
    this.#tcp = socket.conn.transport.name === 'websocket' ? socket.request.socket : null
  }

  readonly deliver = (fact: Fact): void => {
    if (this.#held === null) this.#emit(fact)
    else this.#held.push(fact)
  }

  /** Every packet ends here: no name that a client chose ever reaches the event emitter. */
  takePackets(gate: Gate, foreign: ForeignGate | null, log: Log, onAbuse: () => void): void {
    this.#socket.use((packet) => {
      if (this.#isCut || !this.#socket.connected) return
      if (foreign !== null && this.#takeForeign(packet, foreign, onAbuse)) return
      this.#held = []
      contain(log, 'answer-fault', () => {
        try {
          this.#handle(gate, packet, log, onAbuse)
        } finally {
          this.#release()
        }
      })
    })
  }

  #handle(gate: Gate, packet: readonly unknown[], log: Log, onAbuse: () => void): void {
    const handled = gate.handle(packet)
    if (handled === 'abuse') onAbuse()
    else if (handled !== 'later') {
      noteActivity(handled.request, handled.result, log)
      this.#answer(handled)
    }
  }

  /** Answers false for what no other system knows. */
  #takeForeign([name, ...args]: readonly unknown[], foreign: ForeignGate, onAbuse: () => void): boolean {
    if (!foreign.knows(name)) return false
    if (foreign.handle(name, args) === 'abuse') onAbuse()
    return true
  }

  /** For clients of other systems: an event of theirs, at once. */
  readonly send = (name: string, payload?: unknown): void => {
    this.#emitNamed(payload === undefined ? [name] : [name, payload])
  }

  /** At once, without waiting for what is still to be sent: the other side may never take it. */
  cut(): void {
    this.#isCut = true
    const { socket } = this.#socket.conn.transport as unknown as { readonly socket?: { terminate: () => void } }
    if (this.#tcp !== null) this.#tcp.destroy()
    // It began with long-polling, and is a WebSocket now.
    else if (socket !== undefined) socket.terminate()
    else this.#socket.conn.close(true)
  }

  /** Frees what is kept of the upgrade request (headers, `auth`: up to 70 kB of the client's choice) and not used any more. */
  forgetHandshake(): void {
    const { handshake, conn } = this.#socket
    handshake.headers = {}
    handshake.query = {}
    handshake.auth = {}
    // What Socket.IO's own documentation advises ("Memory usage"). Not by `delete`: V8 then looks up each field of the
    // connection by its name for ever after, and every packet pays for it.
    ;(conn as { request?: unknown }).request = undefined
    // Every socket is also put in a room of its own, which nobody here sends to.
    void this.#socket.leave(this.#socket.id)
  }

  #answer({ request, result, answer }: Exclude<Handled, string>): void {
    if (answer !== null) {
      answer(result)
      this.cutSlowReader()
    } else if (!result.ok && request !== null) {
      this.#emit(['request:refused', { request, code: result.code, message: result.message }])
    }
  }

  #release(): void {
    const held = this.#held ?? []
    this.#held = null
    for (const fact of held) this.#emit(fact)
  }

  #emit(fact: Fact): void {
    this.#emitNamed(fact)
  }

  #emitNamed(event: Named): void {
    ;(this.#socket.emit as Emit).apply(this.#socket, event)
    this.cutSlowReader()
  }

  /** After everything that is written. */
  cutSlowReader(): void {
    const queue = (this.#socket.conn as unknown as WriteQueue).writeBuffer
    if (queue.length === 0) return
    const size = queue.reduce((sum, { data }) => sum + (typeof data === 'string' ? data.length : 0), 0)
    if (queue.length > this.#limits.queuedPackets || size > this.#limits.queuedSize) this.cut()
  }
}
