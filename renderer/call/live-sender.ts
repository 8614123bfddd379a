import type { ErrorCode } from '#signalling/protocol.ts'
import { CameraOffPicture } from './camera-off-picture.ts'
import { Emitter } from './emitter.ts'
import { LiveUpload, type LiveTracks } from './live-upload.ts'
import { openLiveWire, type LiveWire, type LiveWireOptions } from './live-wire.ts'
import type { LocalMedia } from './local-media.ts'
import { reasonOf, silentLog, type Log } from './log.ts'
import { ownMediaOf } from './own-media.ts'
import { randomId } from './random-id.ts'

/**
 * Why nothing goes out. `ended`: somebody else ended it. `no-media`: the server is reached, and sound and picture do not
 * get there.
 */
export type LiveSenderProblem = 'access-denied' | 'server-full' | 'refused' | 'no-server' | 'no-media' | 'ended'

/** `isConnected` is false while the way to the server is sought again. How many watch, the server does not tell. */
export type LiveSending =
  | { readonly phase: 'idle' }
  | { readonly phase: 'starting' }
  | { readonly phase: 'live'; readonly sessionId: string; readonly isConnected: boolean }
  | { readonly phase: 'failed'; readonly problem: LiveSenderProblem }

interface LiveSenderOptions {
  /** Origin of the server. */
  readonly serverUrl: string
  /** The access token for this server, asked anew each time; null when it needs none. */
  readonly accessToken: () => string | null
  readonly media: Pick<LocalMedia, 'state' | 'on'>
  /** What is shown while the camera is off. */
  readonly cameraOffWords: string
  readonly log?: Log
  /** Another way to a server than Socket.IO. */
  readonly openWire?: (options: LiveWireOptions) => LiveWire
}

/** The server gives a connection up after 15 s. */
const START_MS = 20_000
const MIN_RETRY_MS = 1000
const MAX_RETRY_MS = 3000
/** The first failure may be that of a server which is just starting. */
const MOST_UNREACHED = 2

const problemOf = (status: number): LiveSenderProblem => {
  if (status === 401 || status === 403) return 'access-denied'
  if (status === 429 || status === 503) return 'server-full'
  return status === 0 ? 'no-server' : 'refused'
}

/** Everything of one time of being live. */
interface Run {
  readonly wire: LiveWire
  /** 128 random bits, in the address for those who watch. */
  readonly sessionId: string
  /** 128 random bits that only the server is told: whoever knows them could send in our place. */
  readonly deviceId: string
  readonly stopFollowing: () => void
  readonly startTimer: ReturnType<typeof setTimeout>
}

/**
 * Sends the own sound and picture as a live stream: makes it, is its device, comes back after a lost connection under the
 * same address, and ends it for all by `stop`. Uses the tracks of `media` and never opens or closes them. Nothing here
 * rejects: what does not work is said in `view`.
 */
export class LiveSender {
  readonly #options: LiveSenderOptions
  readonly #log: Log
  readonly #events = new Emitter<{ changed: readonly [] }>()
  #view: LiveSending = { phase: 'idle' }
  #run: Run | null = null
  #upload: LiveUpload | null = null
  #cameraOff: CameraOffPicture | null = null
  /** Counts the ways to the server, so that a late answer on a former one is not used. */
  #attempts = 0
  #isJoining = false
  #unreached = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  /** Descriptions and candidates are taken one after the other. */
  #work: Promise<void> = Promise.resolve()

  constructor(options: LiveSenderOptions) {
    this.#options = options
    this.#log = options.log ?? silentLog
  }

  get view(): LiveSending {
    return this.#view
  }

  /** Answers its own removal. */
  onChanged(listener: () => void): () => void {
    return this.#events.on('changed', listener)
  }

  /** Also tries again after a failure, under a new address. Nothing happens while it is starting or live. */
  start(): void {
    if (this.#run) return
    const { serverUrl, accessToken, media, openWire = openLiveWire } = this.#options
    const wire = openWire({ serverUrl, accessToken })
    this.#unreached = 0
    this.#run = {
      wire,
      sessionId: randomId(),
      deviceId: randomId(),
      stopFollowing: media.on('changed', () => void this.#upload?.setTracks(this.#tracks())),
      startTimer: setTimeout(() => {
        if (this.#view.phase === 'starting') this.#fail('no-media')
      }, START_MS),
    }
    this.#set({ phase: 'starting' })
    this.#follow(wire)
    wire.connect()
  }

  /** Ends the stream for all who watch. What is sent ends at once; resolves when the server has been told. */
  async stop(): Promise<void> {
    const run = this.#letGo()
    this.#set({ phase: 'idle' })
    if (run) await this.#end(run)
  }

  #follow(wire: LiveWire): void {
    /** A wire that was let go may still say something. */
    const on: LiveWire['on'] = (name, listener) =>
      wire.on(name, (...args) => {
        if (this.#run?.wire === wire) listener(...args)
      })
    on('opened', () => {
      this.#unreached = 0
      void this.#come(true)
    })
    on('lost', () => this.#lose())
    on('unreached', (code) => this.#takeUnreached(code))
    on('state', ({ state, reason }) => {
      if (state === 'live') this.#live(true)
      else if (state === 'ended' && reason === 'stopped') this.#fail('ended')
      else if (state === 'ended') this.#tryAgain()
    })
    on('offer', (offer) => this.#queue(() => this.#answer(wire, offer)))
    on('candidate', (candidate) => this.#queue(async () => this.#upload?.addCandidate(candidate)))
    on('trouble', () => {
      // What is asked for is answered by itself; this is what became of the connection.
      if (!this.#isJoining) this.#tryAgain()
    })
  }

  #takeUnreached(code: ErrorCode | null): void {
    this.#unreached++
    if (code === 'access-denied') this.#fail('access-denied')
    else if (this.#view.phase !== 'starting') return
    else if (code !== null) this.#fail('server-full')
    else if (this.#unreached >= MOST_UNREACHED) this.#fail('no-server')
  }

  /** Makes the stream, or finds it, and is its device. */
  async #come(isNewConnection: boolean): Promise<void> {
    const run = this.#run
    if (!run) return
    const attempt = ++this.#attempts
    this.#isJoining = true
    const status = await this.#takePlace(run, isNewConnection)
    if (attempt !== this.#attempts) return
    this.#isJoining = false
    if (status === 200) return
    this.#log('info', `No way into the live stream: ${String(status)}`)
    const problem = problemOf(status)
    if (this.#view.phase === 'starting' || problem === 'access-denied') this.#fail(problem)
    else this.#tryAgain()
  }

  async #takePlace({ wire, sessionId, deviceId }: Run, isNewConnection: boolean): Promise<number> {
    // The server makes streams of devices that it can ask, and this is how.
    const waiting = isNewConnection ? await wire.ask('wait-for-stream', { deviceId }) : 200
    if (waiting !== 200) return waiting
    if (!isNewConnection) wire.send('leave-stream', {})
    const made = await wire.post('/create-session', { deviceId, sessionId })
    return made === 200 ? await wire.ask('join-stream', { role: 'device', sessionId, deviceId }) : made
  }

  async #answer(wire: LiveWire, offer: RTCSessionDescriptionInit): Promise<void> {
    if (this.#run?.wire !== wire) return
    this.#upload?.close()
    const upload: LiveUpload = new LiveUpload({
      iceServers: wire.iceServers,
      tracks: this.#tracks(),
      log: this.#log,
      onCandidate: (candidate) => {
        if (this.#upload === upload) wire.send('ice-candidate', { candidate })
      },
      onFailed: () => {
        if (this.#upload === upload) this.#tryAgain()
      },
    })
    this.#upload = upload
    const sdp = await upload.answer(offer)
    if (this.#upload === upload) wire.send('answerSdp', { sdp })
  }

  #queue(run: () => Promise<void>): void {
    this.#work = this.#work.then(run).catch((error: unknown) => {
      this.#log('warn', `A live stream was not negotiated: ${reasonOf(error)}`)
      this.#tryAgain()
    })
  }

  #tracks(): LiveTracks {
    const { audio, video } = ownMediaOf(this.#options.media.state)
    if (video) {
      this.#cameraOff?.close()
      this.#cameraOff = null
      return { audio, video }
    }
    this.#cameraOff ??= new CameraOffPicture(this.#options.cameraOffWords)
    return { audio, video: this.#cameraOff.track }
  }

  /** The server is out of reach; it comes back by `opened`. */
  #lose(): void {
    this.#attempts++
    this.#isJoining = false
    this.#closeUpload()
    if (this.#view.phase === 'live') this.#live(false)
  }

  /** What comes to nothing at the start is told; later it is tried until it works. */
  #tryAgain(): void {
    if (!this.#run) return
    if (this.#view.phase === 'starting') {
      this.#fail('no-media')
      return
    }
    this.#lose()
    const pauseMs = MIN_RETRY_MS + Math.random() * (MAX_RETRY_MS - MIN_RETRY_MS)
    this.#retry = setTimeout(() => void this.#come(false), pauseMs)
  }

  #live(isConnected: boolean): void {
    if (!this.#run) return
    clearTimeout(this.#run.startTimer)
    this.#set({ phase: 'live', sessionId: this.#run.sessionId, isConnected })
  }

  #fail(problem: LiveSenderProblem): void {
    const run = this.#letGo()
    if (!run) return
    this.#set({ phase: 'failed', problem })
    void this.#end(run)
  }

  /** Nothing is sent from here on, and nothing heard changes anything. */
  #letGo(): Run | null {
    const run = this.#run
    this.#run = null
    this.#attempts++
    this.#closeUpload()
    this.#cameraOff?.close()
    this.#cameraOff = null
    run?.stopFollowing()
    clearTimeout(run?.startTimer)
    return run
  }

  async #end({ wire, sessionId }: Run): Promise<void> {
    await wire.post('/live/stop', { sessionId })
    wire.close()
  }

  #closeUpload(): void {
    clearTimeout(this.#retry)
    this.#upload?.close()
    this.#upload = null
  }

  #set(view: LiveSending): void {
    this.#view = view
    this.#events.emit('changed')
  }
}
