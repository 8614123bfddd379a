import { limits, readWill, type ChatMessage, type Inheritance, type PeerId } from '#signalling/protocol.ts'
import type { Log } from '../log.ts'
import type { Payload, Session } from '../server-words.ts'
import type { Signalling } from '../signalling.ts'
import type { OwnComputer, OwnServer } from './own-computer.ts'

/** The server is on this very computer, and was just started. */
const CONNECT = { deadlineMs: 5000, failures: 5 } as const

export interface TakeoverOptions {
  readonly computer: OwnComputer
  readonly openServer: (serverUrl: string) => Signalling
  readonly log: Log
}

/** All of a room that one of those inside holds. */
export interface Legacy {
  readonly code: string
  readonly inheritance: Inheritance
  /** In the order they came. */
  readonly people: Payload<'room:adopt'>['people']
  readonly you: PeerId
  readonly chat: readonly ChatMessage[]
}

/** The room, at the server of this computer. */
export interface Adopted {
  readonly server: OwnServer
  readonly signalling: Signalling
  readonly session: Session
  /** With which each takes their place there. */
  readonly tokens: ReadonlyMap<PeerId, string>
  /** Pins of those computers that hosted it before, the first one first. */
  readonly former: readonly string[]
}

/** Hands on to a server what was said where it was not, as many messages at a time as fit into a frame. */
const mergeChat = async (signalling: Signalling, chat: readonly ChatMessage[], log: Log): Promise<void> => {
  for (let at = 0; at < chat.length; at += limits.mergedMessages) {
    const messages = chat
      .slice(at, at + limits.mergedMessages)
      .map(({ id, from, name, text, at: time, nonce }) => ({ id, from, name, text, at: time, nonce }))
    const merged = await signalling.request('chat:merge', { messages })
    if (!merged.ok) {
      log('warn', `The server did not take the chat: ${merged.code}`)
      return
    }
  }
}

/** Hands on what the history of a server lacks of what was said. */
export const mergeMissed = async (
  signalling: Signalling,
  { said, history }: { readonly said: readonly ChatMessage[]; readonly history: readonly ChatMessage[] },
  log: Log,
): Promise<void> => {
  const known = new Set(history.map(({ from, nonce }) => `${from} ${nonce}`))
  const missed = said.filter(({ from, nonce }) => !known.has(`${from} ${nonce}`))
  await mergeChat(signalling, missed, log)
}

/** Goes on with a room at the server of this computer. */
export class Takeover {
  readonly #options: TakeoverOptions
  #starting: Promise<OwnServer | null> | null = null

  constructor(options: TakeoverOptions) {
    this.#options = options
  }

  /** Starts the server: it takes most of the time, and may be needed. */
  prepare(): void {
    this.#starting ??= this.#options.computer.startServer().catch((cause: unknown) => {
      this.#options.log('error', `The server of this computer did not start: ${String(cause)}`)
      return null
    })
  }

  /** It is not needed, or no more. */
  async cancel(): Promise<void> {
    const starting = this.#starting
    this.#starting = null
    const server = await starting
    // Since then it may be needed again.
    if (server && !this.#isNeeded) await this.endServer()
  }

  get #isNeeded(): boolean {
    return this.#starting !== null
  }

  async endServer(): Promise<void> {
    const { computer, log } = this.#options
    await computer.stopServer().catch((cause: unknown) => {
      log('warn', `The server of this computer did not end: ${String(cause)}`)
    })
  }

  /** Null when this computer cannot; the log says why. */
  async adopt(legacy: Legacy): Promise<Adopted | null> {
    const { computer, openServer, log } = this.#options
    this.prepare()
    const [server, keys] = await Promise.all([this.#starting, computer.keys().catch(() => null)])
    if (!server || !keys) return null
    const signalling = openServer(server.url)
    const session = await signalling.connect(CONNECT)
    const adopted = session.ok ? await this.#ask(signalling, legacy, keys.ownerKey) : null
    const former = await readWill(legacy.inheritance.will ?? [], { code: legacy.code, to: server.host.pin })
    if (!session.ok || !adopted?.ok || former === null) {
      log('error', `This computer can not take over: ${adopted?.ok === false ? adopted.code : 'no connection'}`)
      signalling.close()
      return null
    }
    await mergeChat(signalling, legacy.chat, log)
    // From now on it is for the answer's owner to end the server.
    this.#starting = null
    const tokens = new Map(adopted.value.seats.map(({ id, token }) => [id, token]))
    return { server, signalling, session: session.value, tokens, former }
  }

  async #ask(signalling: Signalling, { code, inheritance, people, you }: Legacy, ownerKey: string) {
    const { will, estate } = inheritance
    return will && (await signalling.request('room:adopt', { ownerKey, code, estate, will, people, you }))
  }
}
