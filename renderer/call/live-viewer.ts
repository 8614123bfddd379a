import { io, type Socket } from 'socket.io-client'
import * as v from 'valibot'
import { Emitter } from './emitter.ts'
import { LiveAnswer, LiveCandidate, LiveIce, LiveOffer, LiveState } from './live-words.ts'

/**
 * What somebody who watches sees. `away`: the device was there and is not now. `no-media`: the server is reached, and sound
 * and picture are not.
 */
export type LiveView =
  | { readonly phase: 'connecting' }
  | { readonly phase: 'waiting'; readonly isAway: boolean }
  | { readonly phase: 'live'; readonly stream: MediaStream | null }
  | { readonly phase: 'ended' }
  | { readonly phase: 'failed'; readonly problem: 'not-found' | 'no-server' | 'no-media' | 'refused' }

interface LiveViewerOptions {
  /** Origin of the server. */
  readonly serverUrl: string
  readonly sessionId: string
  /** What the server asks everybody for; null when it asks for nothing, or nobody knows it here. */
  readonly accessToken?: string | null
}

const ANSWER_MS = 5000
/** A connection that is not made by then is reported; the server gives up after 15 s itself. */
const MEDIA_MS = 20_000

/** Watches one live stream: joins it, answers the server's offers, comes back by itself after a lost connection. */
export class LiveViewer {
  readonly #sessionId: string
  readonly #socket: Socket
  readonly #events = new Emitter<{ changed: readonly [] }>()
  #view: LiveView = { phase: 'connecting' }
  #isJoining = false
  #pc: RTCPeerConnection | null = null
  #iceServers: RTCIceServer[] = []
  /** Descriptions and candidates are taken one after the other. */
  #work: Promise<void> = Promise.resolve()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor({ serverUrl, sessionId, accessToken = null }: LiveViewerOptions) {
    this.#sessionId = sessionId
    const auth = accessToken === null ? {} : { token: accessToken }
    this.#socket = io(serverUrl, { transports: ['websocket'], autoConnect: false, forceNew: true, auth })
    this.#socket.on('connect', () => void this.#join())
    this.#socket.on('connect_error', () => this.#lose('no-server'))
    this.#socket.on('disconnect', () => {
      this.#closeMedia()
      if (this.#view.phase !== 'ended' && this.#view.phase !== 'failed') this.#set({ phase: 'connecting' })
    })
    this.#hear('session:opened', LiveIce, ({ iceServers }) => {
      this.#iceServers = iceServers
    })
    this.#hear('stream-state', LiveState, (state) => this.#takeState(state))
    this.#hear('offerSdp', LiveOffer, ({ sdp }) => this.#queue(() => this.#answer(sdp)))
    this.#hear('ice-candidate', LiveCandidate, ({ candidate }) =>
      this.#queue(async () => this.#pc?.addIceCandidate(candidate)),
    )
    this.#socket.on('error', () => {
      // What is asked for is answered by itself; this is what became of the connection.
      if (!this.#isJoining) this.#lose('no-media')
    })
  }

  get view(): LiveView {
    return this.#view
  }

  /** Answers its own removal. */
  onChanged(listener: () => void): () => void {
    return this.#events.on('changed', listener)
  }

  /** Also tries again after a failure. */
  start(): void {
    this.#set({ phase: 'connecting' })
    if (this.#socket.connected) void this.#join()
    else this.#socket.connect()
  }

  close(): void {
    this.#closeMedia()
    this.#socket.close()
  }

  #hear<Schema extends v.GenericSchema>(event: string, schema: Schema, take: (said: v.InferOutput<Schema>) => void) {
    this.#socket.on(event, (payload: unknown) => {
      const said = v.safeParse(schema, payload)
      if (said.success) take(said.output)
    })
  }

  #queue(run: () => Promise<void>): void {
    this.#work = this.#work.then(run).catch(() => this.#lose('no-media'))
  }

  async #join(): Promise<void> {
    const wish = { sessionId: this.#sessionId, role: 'viewer' }
    this.#isJoining = true
    try {
      const answer = v.parse(LiveAnswer, await this.#socket.timeout(ANSWER_MS).emitWithAck('join-stream', wish))
      if ('error' in answer) this.#fail(answer.status === 404 ? 'not-found' : 'refused')
    } catch {
      if (this.#socket.connected) this.#fail('no-server')
    } finally {
      this.#isJoining = false
    }
  }

  #takeState({ state, reason }: v.InferOutput<typeof LiveState>): void {
    if (state === 'waiting') this.#set({ phase: 'waiting', isAway: reason === 'device-gone' })
    else if (state === 'ended') {
      this.#closeMedia()
      this.#set({ phase: 'ended' })
    } else this.#set({ phase: 'live', stream: this.#streamNow() })
  }

  async #answer(offer: RTCSessionDescriptionInit): Promise<void> {
    this.#closeMedia()
    const pc = new RTCPeerConnection({ iceServers: this.#iceServers })
    this.#pc = pc
    const stream = new MediaStream()
    pc.addEventListener('track', ({ track }) => {
      stream.addTrack(track)
      if (this.#pc === pc) this.#set({ phase: 'live', stream: this.#streamNow() })
    })
    pc.addEventListener('icecandidate', ({ candidate }) => this.#socket.emit('ice-candidate', { candidate }))
    pc.addEventListener('connectionstatechange', () => {
      if (this.#pc !== pc) return
      if (pc.connectionState === 'connected') clearTimeout(this.#timer)
      if (pc.connectionState === 'failed') this.#lose('no-media')
    })
    this.#timer = setTimeout(() => this.#lose('no-media'), MEDIA_MS)
    await pc.setRemoteDescription(offer)
    await pc.setLocalDescription()
    this.#socket.emit('answerSdp', { sdp: pc.localDescription })
  }

  #streamNow(): MediaStream | null {
    const tracks = (this.#pc?.getReceivers() ?? []).map(({ track }) => track)
    return tracks.length === 0 ? null : new MediaStream(tracks)
  }

  /** What came to nothing while it was tried; an end that the server told stays. */
  #lose(problem: 'no-server' | 'no-media'): void {
    if (this.#view.phase === 'ended' || this.#view.phase === 'failed') return
    this.#fail(problem)
  }

  #fail(problem: Extract<LiveView, { phase: 'failed' }>['problem']): void {
    if (problem !== 'no-server') this.#socket.emit('leave-stream', {})
    this.#closeMedia()
    this.#set({ phase: 'failed', problem })
  }

  #closeMedia(): void {
    clearTimeout(this.#timer)
    this.#pc?.close()
    this.#pc = null
  }

  #set(view: LiveView): void {
    this.#view = view
    this.#events.emit('changed')
  }
}
