import * as v from 'valibot'
import type { DeviceNotice } from '../relay/device-notice.ts'
import type { LiveStream } from '../relay/live-stream.ts'
import type { LiveStreams } from '../relay/live-streams.ts'
import { Refused } from '../relay/refused.ts'
import type { Guest } from '../relay/seat.ts'
import type { Acknowledge, DialectConnection, DialectSocket, SocketDialect } from './dialect.ts'
import {
  AnswerSdp,
  CreateStream,
  IceCandidateMessage,
  JoinStream,
  StopStream,
  WaitForStream,
} from './live-streams-schemas.ts'

interface LiveServices {
  readonly streams: LiveStreams
  readonly notice: DeviceNotice
}

const parse = <Schema extends v.GenericSchema>(schema: Schema, payload: unknown): v.InferOutput<Schema> => {
  // To the schemas a list is an object as well.
  const parsed = Array.isArray(payload) ? null : v.safeParse(schema, payload, { abortEarly: true })
  if (parsed?.success !== true) throw new Refused(400, 'The message is not well formed.')
  return parsed.output
}

/** One socket, as the device or a viewer of one stream at a time; a device may also wait to be asked. */
class LiveConnection implements DialectConnection {
  readonly #socket: DialectSocket
  readonly #services: LiveServices
  #place: { readonly stream: LiveStream; readonly guest: Guest; readonly isDevice: boolean } | null = null
  #stopListening: (() => void) | null = null

  constructor(socket: DialectSocket, services: LiveServices) {
    this.#socket = socket
    this.#services = services
  }

  /** What the handshake said, in place of a first `join-stream`. */
  greeted(hello: unknown): void {
    void this.handle('join-stream', hello, null)
  }

  async handle(event: string, payload: unknown, acknowledge: Acknowledge): Promise<void> {
    try {
      const answer = await this.#act(event, payload)
      acknowledge?.(answer)
    } catch (refused) {
      if (!(refused instanceof Refused)) throw refused
      this.#socket.send('error', { message: refused.message })
      acknowledge?.({ error: refused.message, status: refused.status })
    }
  }

  lost(): void {
    this.#stopListening?.()
    this.#stopListening = null
    this.#leave()
  }

  async #act(event: string, payload: unknown): Promise<unknown> {
    switch (event) {
      case 'join-stream':
        return this.#join(parse(JoinStream, payload))
      case 'create-stream':
        return this.#create(parse(CreateStream, payload))
      case 'stop-stream':
        return await this.#stop(parse(StopStream, payload))
      case 'leave-stream':
        this.#leave()
        return {}
      case 'wait-for-stream':
        this.#wait(parse(WaitForStream, payload))
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
  #create({ deviceId, sessionId }: v.InferOutput<typeof CreateStream>): unknown {
    if (!this.#socket.mayCreate) throw new Refused(403, 'This needs the access token of the server.')
    return { sessionId: this.#services.streams.open(deviceId, sessionId).stream.id }
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

  #wait({ deviceId }: v.InferOutput<typeof WaitForStream>): void {
    if (this.#stopListening !== null) throw new Refused(409, 'This connection already waits for requests.')
    this.#stopListening = this.#services.notice.listen(deviceId, (request) =>
      this.#socket.send('stream-request', request),
    )
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

export const liveSockets = (services: LiveServices): SocketDialect => ({
  events: new Map([
    ['create-stream', 'room'],
    ['join-stream', 'room'],
    ['stop-stream', 'room'],
    ['leave-stream', 'room'],
    ['wait-for-stream', 'room'],
    ['answerSdp', 'signal'],
    ['ice-candidate', 'signal'],
  ]),
  opensWith: (hello) => v.is(JoinStream, hello),
  open: (socket) => new LiveConnection(socket, services),
})
