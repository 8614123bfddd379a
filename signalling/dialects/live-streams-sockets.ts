import * as v from 'valibot'
import { liveKey, type PlaceKey, type Wish } from '../cluster/cluster.ts'
import type { DeviceNotice } from '../relay/device-notice.ts'
import type { LiveStream } from '../relay/live-stream.ts'
import { newSessionId, type LiveStreams } from '../relay/live-streams.ts'
import { Refused } from '../relay/refused.ts'
import type { Guest } from '../relay/seat.ts'
import type { Acknowledge, DialectConnection, DialectContext, DialectSocket, SocketDialect } from './dialect.ts'
import {
  AnswerSdp,
  CreateStream,
  IceCandidateMessage,
  JoinStream,
  StopStream,
  WaitForStream,
} from './live-streams-schemas.ts'

interface LiveServices extends Pick<DialectContext, 'claim'> {
  readonly streams: LiveStreams
}

const parse = <Schema extends v.GenericSchema>(schema: Schema, payload: unknown): v.InferOutput<Schema> => {
  // To the schemas a list is an object as well.
  const parsed = Array.isArray(payload) ? null : v.safeParse(schema, payload, { abortEarly: true })
  if (parsed?.success !== true) throw new Refused(400, 'The message is not well formed.')
  return parsed.output
}

/** Answers what `act` does, or why it was refused. */
const answerTo = async (socket: DialectSocket, acknowledge: Acknowledge, act: () => unknown): Promise<void> => {
  try {
    const answer = await act()
    acknowledge?.(answer)
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused
    socket.send('error', { message: refused.message })
    acknowledge?.({ error: refused.message, status: refused.status })
  }
}

/** One socket, as the device or a viewer of one stream at a time. */
class LiveConnection implements DialectConnection {
  readonly #socket: DialectSocket
  readonly #services: LiveServices
  #place: { readonly stream: LiveStream; readonly guest: Guest; readonly isDevice: boolean } | null = null

  constructor(socket: DialectSocket, services: LiveServices) {
    this.#socket = socket
    this.#services = services
  }

  handle(event: string, payload: unknown, acknowledge: Acknowledge): Promise<void> {
    return answerTo(this.#socket, acknowledge, () => this.#act(event, payload))
  }

  place(): PlaceKey | null {
    return this.#place && liveKey(this.#place.stream.id)
  }

  lost(): void {
    this.#leave()
  }

  async #act(event: string, payload: unknown): Promise<unknown> {
    switch (event) {
      case 'join-stream':
        return this.#join(parse(JoinStream, payload))
      case 'create-stream':
        return await this.#create(parse(CreateStream, payload))
      case 'stop-stream':
        return await this.#stop(parse(StopStream, payload))
      case 'leave-stream':
        this.#leave()
        return {}
      case 'answerSdp': {
        const sdp = parse(AnswerSdp, payload)
        const { stream, guest } = this.#placeNow()
        await stream.answer(guest, sdp)
        return {}
      }
      default: {
        const candidate = parse(IceCandidateMessage, payload)
        const { stream, guest } = this.#placeNow()
        await stream.addCandidate(guest, candidate)
        return {}
      }
    }
  }

  /** For a device that asks for itself, and joins next. */
  async #create({ deviceId, sessionId }: v.InferOutput<typeof CreateStream>): Promise<unknown> {
    if (!this.#socket.mayCreate) throw new Refused(403, 'This needs the access token of the server.')
    const { streams, claim } = this.#services
    if (claim === undefined) return { sessionId: streams.open(deviceId, sessionId).stream.id }
    const id = sessionId ?? newSessionId()
    // Only where this connection is in a stream already: else it was brought to the home of this one.
    if (!(await claim(liveKey(id)))) throw new Refused(409, 'There is a stream by that id; leave this one first.')
    return { sessionId: streams.open(deviceId, id).stream.id }
  }

  async #stop({ sessionId }: v.InferOutput<typeof StopStream>): Promise<unknown> {
    const place = this.#place
    if (place?.isDevice !== true || place.stream.id !== sessionId)
      throw new Refused(403, 'Only the device of a stream ends it like this.')
    await place.stream.stop('stopped')
    return { sessionId }
  }

  #join(wish: v.InferOutput<typeof JoinStream>): unknown {
    if (this.#place !== null) throw new Refused(409, 'This connection already takes part in a stream.')
    const stream = this.#services.streams.get(wish.sessionId)
    const guest: Guest = {
      send: this.#socket.send,
      released: () => {
        if (this.#place?.guest === guest) this.#place = null
      },
    }
    if (wish.role === 'device') stream.joinDevice(guest, wish.deviceId)
    else stream.joinViewer(guest)
    this.#place = { stream, guest, isDevice: wish.role === 'device' }
    this.#socket.send('stream-state', stream.view)
    return { role: wish.role, ...stream.view }
  }

  #leave(): void {
    const place = this.#place
    this.#place = null
    place?.stream.leave(place.guest)
  }

  #placeNow() {
    if (this.#place === null) throw new Refused(409, 'Join a stream first.')
    return this.#place
  }
}

const wishOf = (event: string, payload: unknown): Wish | null => {
  if (event !== 'join-stream' && event !== 'create-stream') return null
  const wish = v.safeParse(event === 'join-stream' ? JoinStream : CreateStream, payload)
  return wish.success && wish.output.sessionId !== undefined
    ? { kind: 'place', key: liveKey(wish.output.sessionId) }
    : null
}

export const liveSockets = (services: LiveServices): SocketDialect => ({
  system: 'live-streams',
  events: new Map([
    ['create-stream', 'room'],
    ['join-stream', 'room'],
    ['stop-stream', 'room'],
    ['leave-stream', 'room'],
    ['answerSdp', 'signal'],
    ['ice-candidate', 'signal'],
  ]),
  opensWith: (hello) => {
    const joining = v.safeParse(JoinStream, hello)
    return joining.success ? { event: 'join-stream', payload: joining.output } : null
  },
  wishOf,
  open: (socket) => new LiveConnection(socket, services),
})

/** One socket of a device that waits to be asked. */
class WaitingDevice implements DialectConnection {
  readonly #socket: DialectSocket
  readonly #notice: DeviceNotice
  #stopListening: (() => void) | null = null

  constructor(socket: DialectSocket, notice: DeviceNotice) {
    this.#socket = socket
    this.#notice = notice
  }

  handle(_event: string, payload: unknown, acknowledge: Acknowledge): Promise<void> {
    return answerTo(this.#socket, acknowledge, () => this.#wait(parse(WaitForStream, payload)))
  }

  lost(): void {
    this.#stopListening?.()
    this.#stopListening = null
  }

  #wait({ deviceId }: v.InferOutput<typeof WaitForStream>): unknown {
    if (this.#stopListening !== null) throw new Refused(409, 'This connection already waits for requests.')
    this.#stopListening = this.#notice.listen(deviceId, (request) => this.#socket.send('stream-request', request))
    return {}
  }
}

/** A system of its own, so that a device waits where it is connected, whichever process is home of the stream it is in. */
export const waitingDevices = (notice: DeviceNotice): SocketDialect => ({
  system: 'live-requests',
  events: new Map([['wait-for-stream', 'room']]),
  open: (socket) => new WaitingDevice(socket, notice),
})
