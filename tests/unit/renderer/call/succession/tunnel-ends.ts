import { onTestFinished, vi } from 'vitest'
import type { ChatMessage, PeerId, Result, Signal } from '#signalling/protocol.ts'
import { parseControlMessage, type HostWord } from '#renderer/call/control-message.ts'
import { Emitter } from '#renderer/call/emitter.ts'
import { randomId } from '#renderer/call/random-id.ts'
import { refuse, type Session } from '#renderer/call/server-words.ts'
import type { Signalling, SignallingEvents } from '#renderer/call/signalling.ts'
import { TunnelSignalling, type TunnelWord } from '#renderer/call/succession/tunnel-guest.ts'
import { TunnelHost } from '#renderer/call/succession/tunnel-host.ts'

export const patience = { deadlineMs: 8000, failures: 3 }
export const guestId = randomId()

type Answers = (name: string, payload: unknown) => Result<unknown> | Promise<Result<unknown>>

/** One connection of the host's page to the own server. */
export class FarSignalling implements Signalling {
  readonly events = new Emitter<SignallingEvents>()
  readonly requests: { readonly name: string; readonly payload: unknown }[] = []
  readonly signals: { readonly to: PeerId; readonly signal: Signal }[] = []
  readonly session: Session = { peerId: randomId(), iceServers: [] }
  readonly #answers: Answers
  readonly #connecting: () => Promise<boolean>
  isOnline = false
  isClosed = false

  constructor(answers: Answers, connecting: () => Promise<boolean>) {
    this.#answers = answers
    this.#connecting = connecting
  }

  readonly on: Signalling['on'] = (name, listener) => this.events.on(name, listener)

  readonly connect: Signalling['connect'] = async () => {
    this.isOnline = await this.#connecting()
    return this.isOnline ? { ok: true, value: this.session } : refuse('server-unreachable')
  }

  readonly request = (async (name: string, payload: unknown) => {
    this.requests.push({ name, payload })
    return await this.#answers(name, payload)
  }) as Signalling['request']

  sendSignal(to: PeerId, signal: Signal): void {
    this.signals.push({ to, signal })
  }

  renew(): void {
    this.events.emit('lost')
    this.events.emit('opened', this.session)
  }

  close(): void {
    this.isClosed = true
    this.isOnline = false
  }
}

/** A link between the two ends, in memory: what arrives is what a control channel would let through. */
class Wire {
  isUp = true
  readonly toGuest: TunnelWord[] = []
  readonly toHost: TunnelWord[] = []
  readonly malformed: string[] = []

  /** Answers whether it went out; it arrives later, as on a wire. */
  carry(word: HostWord, arrived: TunnelWord[], take: (word: TunnelWord) => void): boolean {
    if (!this.isUp) return false
    const text = JSON.stringify(word)
    queueMicrotask(() => {
      const parsed = parseControlMessage(text) as TunnelWord | null
      if (!parsed) this.malformed.push(text.slice(0, 100))
      else {
        arrived.push(parsed)
        take(parsed)
      }
    })
    return true
  }
}

interface Ends {
  readonly openSignalling: () => Signalling | null
  readonly onWord?: (word: TunnelWord) => void
}

export const wireUp = ({ openSignalling, onWord }: Ends) => {
  const wire = new Wire()
  const log: string[] = []
  const heard: string[] = []
  const write = (level: string, message: string) => log.push(`${level} ${message}`)
  const host: TunnelHost = new TunnelHost({
    openSignalling,
    tell: (_to, word) =>
      wire.carry(word, wire.toGuest, (each) => {
        onWord?.(each)
        guest.take(each)
      }),
    log: write,
  })
  const guest: TunnelSignalling = new TunnelSignalling({
    tell: (word) => wire.carry(word, wire.toHost, (each) => host.take(guestId, each)),
    log: write,
  })
  guest.on('lost', () => heard.push('lost'))
  guest.on('opened', ({ peerId }) => heard.push(`opened ${peerId}`))
  onTestFinished(() => {
    guest.close()
    host.close()
  })
  return { wire, log, heard, host, guest }
}

/** Both ends with scripted connections at the far one. */
export const makeTunnel = ({
  answers = () => ({ ok: true, value: {} }),
  connecting = () => Promise.resolve(true),
  onWord,
}: {
  answers?: Answers
  connecting?: () => Promise<boolean>
  onWord?: (word: TunnelWord) => void
} = {}) => {
  const far: FarSignalling[] = []
  const openSignalling = () => {
    const signalling = new FarSignalling(answers, connecting)
    far.push(signalling)
    return signalling
  }
  return { far, ...wireUp({ openSignalling, ...(onWord && { onWord }) }) }
}

export const fakeTime = () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => {
    vi.useRealTimers()
  })
}
export const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
/** After all that is under way on the wire. */
export const settled = () =>
  new Promise<void>((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      resolve()
    }
    port2.postMessage(null)
  })

export const offer: Signal = { kind: 'description', type: 'offer', sdp: 'v=0', epoch: 'a', toEpoch: null }

export const message = (id: number, text = `message ${id}`): ChatMessage => ({
  ...{
    id,
    text,
    from: guestId,
    name: 'Ada',
    at: 1_700_000_000_000 + id,
    nonce: `nonce-${String(id).padStart(8, '0')}`,
  },
})
export const joinedWith = (chat: readonly ChatMessage[]) => ({
  peerId: guestId,
  token: 'token',
  room: {
    code: 'k7mq2xvd9thr',
    title: 'Tea',
    capacity: 16,
    door: { hasPassword: false, knock: false, locked: false },
    hosts: [],
    peers: [],
  },
  chat,
  documents: [],
  knocks: [],
})
