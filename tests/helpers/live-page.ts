import { fileURLToPath } from 'node:url'
import { chromium, type Browser, type Page } from 'playwright'
import { chromiumArgs, chromiumPath } from './chromium-launch.ts'

/** What a client of the live streams has seen so far, in a page of a real browser. */
export interface LiveRecord {
  readonly offers: number
  readonly states: readonly { readonly state: string; readonly reason?: string }[]
  readonly errors: readonly string[]
  readonly requests: readonly { readonly sessionId: string; readonly deviceId: string }[]
}

export interface MediaFigures {
  readonly framesDecoded: number
  readonly soundSamples: number
  readonly framesEncoded: number
  readonly keyFramesEncoded: number
  readonly pliCount: number
  readonly nackCount: number
  /** Streams that are sent: what the device uploads, however many watch. */
  readonly outbound: number
  readonly codec: string
}

interface PageClient {
  readonly record: LiveRecord
  readonly ask: (event: string, payload: unknown) => Promise<unknown>
  readonly join: (hello: unknown, codec: string | null) => Promise<unknown>
  readonly figures: () => Promise<MediaFigures>
  readonly leave: () => void
}
declare global {
  var live: PageClient
  var io: (options?: object) => {
    on: (event: string, listener: (payload: never) => void) => void
    emitWithAck: (event: string, payload: unknown) => Promise<unknown>
    emit: (event: string, payload: unknown) => void
    close: () => void
  }
}

/** Runs inside the page: a client as somebody would write it from the description of the wire. */
const install = () => {
  const record = { offers: 0, states: [] as never[], errors: [] as string[], requests: [] as never[] }
  let pc: RTCPeerConnection | null = null
  let own: MediaStream | null = null
  let ready: Promise<unknown> = Promise.resolve()
  let codecWanted: string | null = null
  const socket = io()
  const element = document.createElement('video')
  element.autoplay = true
  element.muted = true
  document.documentElement.append(element)

  /** The offer as a device sees it that has one video codec alone; Chromium does not go by its own preferences here. */
  const ofOneCodec = ({ type, sdp = '' }: RTCSessionDescriptionInit): RTCSessionDescriptionInit => {
    if (codecWanted === null) return { type, sdp }
    const payloadType = new RegExp(`a=rtpmap:(\\d+) ${codecWanted}/`).exec(sdp)?.[1] ?? ''
    const line = /(m=video .*SAVPF) ([\d ]+)/.exec(sdp)
    const others = (line?.[2] ?? '').split(' ').filter((each) => each !== payloadType)
    const lines = sdp.replace(line?.[0] ?? '', `${line?.[1] ?? ''} ${payloadType}`).split('\r\n')
    const isOther = (text: string) => others.some((each) => new RegExp(`^a=(rtpmap|fmtp|rtcp-fb):${each} `).test(text))
    return { type, sdp: lines.filter((text) => !isOther(text)).join('\r\n') }
  }
  const answer = async (sdp: RTCSessionDescriptionInit, sessionId: string) => {
    pc?.close()
    const connection = new RTCPeerConnection()
    pc = connection
    connection.onicecandidate = ({ candidate }) => {
      socket.emit('ice-candidate', { candidate, sessionId })
    }
    connection.ontrack = ({ streams }) => {
      element.srcObject = streams[0] ?? null
    }
    for (const track of own?.getTracks() ?? []) if (own) connection.addTrack(track, own)
    await connection.setRemoteDescription(ofOneCodec(sdp))
    await connection.setLocalDescription()
    socket.emit('answerSdp', { sdp: connection.localDescription, sessionId })
  }
  socket.on('offerSdp', ({ sdp, sessionId }: { sdp: RTCSessionDescriptionInit; sessionId: string }) => {
    record.offers += 1
    ready = answer(sdp, sessionId)
  })
  socket.on('ice-candidate', ({ candidate }: { candidate: RTCIceCandidateInit }) => {
    ready = ready.then(() => pc?.addIceCandidate(candidate))
  })
  socket.on('stream-state', (state: never) => record.states.push(state))
  socket.on('stream-request', (request: never) => record.requests.push(request))
  socket.on('error', ({ message }: { message: string }) => record.errors.push(message))

  const figures = async (): Promise<MediaFigures> => {
    const reports = [...((await pc?.getStats()) ?? new Map<string, unknown>()).values()] as Record<string, unknown>[]
    const sum = (type: string, kind: string, field: string) =>
      reports
        .filter((report) => report['type'] === type && report['kind'] === kind)
        .reduce((total, report) => total + Number(report[field] ?? 0), 0)
    const video = reports.find((report) => /bound-rtp$/.test(String(report['type'])) && report['kind'] === 'video')
    const codec = reports.find((report) => report['id'] === video?.['codecId'])
    return {
      framesDecoded: sum('inbound-rtp', 'video', 'framesDecoded'),
      soundSamples: sum('inbound-rtp', 'audio', 'totalSamplesReceived'),
      framesEncoded: sum('outbound-rtp', 'video', 'framesEncoded'),
      keyFramesEncoded: sum('outbound-rtp', 'video', 'keyFramesEncoded'),
      pliCount: sum('outbound-rtp', 'video', 'pliCount'),
      nackCount: sum('inbound-rtp', 'video', 'nackCount'),
      outbound: reports.filter((report) => report['type'] === 'outbound-rtp').length,
      codec: String(codec?.['mimeType']),
    }
  }
  globalThis.live = {
    record,
    ask: (event, payload) => socket.emitWithAck(event, payload),
    join: async (hello, codec) => {
      codecWanted = codec
      const isDevice = (hello as { role: string }).role === 'device'
      if (isDevice)
        own ??= await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 360 } })
      return socket.emitWithAck('join-stream', hello)
    },
    figures,
    leave: () => socket.close(),
  }
}

const socketIoScript = fileURLToPath(
  new URL('../../node_modules/socket.io-client/dist/socket.io.min.js', import.meta.url),
)

/** A page of a browser that plays a device or a viewer. */
export class LivePage {
  readonly page: Page

  private constructor(page: Page) {
    this.page = page
  }

  static async open(browser: Browser, url: string): Promise<LivePage> {
    // The server's own rules are for its own page.
    const context = await browser.newContext({ bypassCSP: true })
    const page = await context.newPage()
    page.on('pageerror', (error) => console.error(error.message))
    await page.goto(new URL('/health', url).href)
    await page.addScriptTag({ path: socketIoScript })
    await page.evaluate(install)
    return new LivePage(page)
  }

  ask(event: string, payload: unknown): Promise<unknown> {
    return this.page.evaluate(([name, what]) => globalThis.live.ask(name as string, what), [event, payload])
  }

  /** `codec`: the only one for video that a device has, such as `H264`. */
  join(hello: object, codec: string | null = null): Promise<unknown> {
    return this.page.evaluate(([said, wanted]) => globalThis.live.join(said, wanted as string | null), [hello, codec])
  }

  record(): Promise<LiveRecord> {
    return this.page.evaluate(() => globalThis.live.record)
  }

  figures(): Promise<MediaFigures> {
    return this.page.evaluate(() => globalThis.live.figures())
  }

  /** The connection ends without a word of the stream. */
  async close(): Promise<void> {
    await this.page.context().close()
  }
}

export const launchChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath: chromiumPath, args: chromiumArgs })
