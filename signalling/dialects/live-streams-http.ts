import * as v from 'valibot'
import { liveKey, type Wish } from '../cluster/cluster.ts'
import type { Clock } from '../domain/clock.ts'
import { HttpRefusal, type Asked, type Exchange, type Route } from '../http/router.ts'
import type { DeviceNotice } from '../relay/device-notice.ts'
import { newSessionId, type LiveStreams } from '../relay/live-streams.ts'
import { Refused } from '../relay/refused.ts'
import type { ServerLimits } from '../server-limits.ts'
import type { DialectContext } from './dialect.ts'
import { CreateStream, DeviceId, NotifyDevice, StopStream } from './live-streams-schemas.ts'

export interface LiveRoutesOptions {
  readonly streams: LiveStreams
  readonly notice: DeviceNotice
  readonly clock: Clock
  readonly limits: ServerLimits
  readonly takePlace: DialectContext['takePlace']
}

const MOST_BYTES = 4096

const readBody = async <Schema extends v.GenericSchema>(
  exchange: Exchange,
  schema: Schema,
): Promise<v.InferOutput<Schema>> => {
  const body = await exchange.readJson(MOST_BYTES)
  const parsed = Array.isArray(body) ? null : v.safeParse(schema, body)
  if (parsed?.success !== true) throw new HttpRefusal(400, 'The body is not well formed.')
  return parsed.output
}

/** Refusals of the relay, as HTTP has them. */
const refusing = async (run: () => void | Promise<void>): Promise<void> => {
  try {
    await run()
  } catch (fault) {
    throw fault instanceof Refused ? new HttpRefusal(fault.status, fault.message) : fault
  }
}

/** Makes the stream and asks the device to come. When the device cannot be reached, a stream made for this is gone again. */
const createStream = (exchange: Exchange, { streams, notice }: LiveRoutesOptions): Promise<void> =>
  refusing(async () => {
    if (!exchange.mayCreate) throw new Refused(403, 'This needs the access token of the server.')
    const { deviceId, sessionId } = await readBody(exchange, CreateStream)
    const id = sessionId ?? newSessionId()
    if (sessionId === undefined) await exchange.claim(liveKey(id))
    const { stream, isNew } = streams.open(deviceId, id)
    if (stream.view.state !== 'live') {
      try {
        await notice.ask({ sessionId: stream.id, deviceId })
      } catch (unreachable) {
        if (isNew) await stream.stop('device-absent')
        throw unreachable
      }
    }
    exchange.json(200, { sessionId: stream.id })
  })

const stopStream = (exchange: Exchange, { streams }: LiveRoutesOptions): Promise<void> =>
  refusing(async () => {
    if (!exchange.mayCreate) throw new Refused(403, 'This needs the access token of the server.')
    const { sessionId } = await readBody(exchange, StopStream)
    await streams.get(sessionId).stop('stopped')
    exchange.json(200, { sessionId, message: 'The stream is stopped.' })
  })

/** Only for streams that are there: nobody can call a device to something else. */
const notifyDevice = (exchange: Exchange, { streams, notice }: LiveRoutesOptions): Promise<void> =>
  refusing(async () => {
    const request = await readBody(exchange, NotifyDevice)
    if (streams.get(request.sessionId).deviceId !== request.deviceId)
      throw new Refused(403, 'This stream is for another device.')
    if ((await notice.tellAll(request)) === 0) throw new Refused(404, 'The device is not connected to this server.')
    exchange.json(200, { message: 'The device has been told.' })
  })

const streamRequests = (exchange: Exchange, { notice, clock, limits, takePlace }: LiveRoutesOptions): Promise<void> =>
  refusing(() => {
    const { response } = exchange
    const deviceId = exchange.param('deviceId')
    if (!v.is(DeviceId, deviceId)) throw new Refused(400, 'That is no id of a device.')
    const givePlaceBack = takePlace(exchange.address)
    if (givePlaceBack === null) throw new Refused(503, 'The server has no room for more.')
    response.once('close', givePlaceBack)
    const stop = notice.listen(deviceId, (request) => {
      response.write(`event: stream-request\ndata: ${JSON.stringify({ type: 'stream-request', ...request })}\n\n`)
    })
    const keepAlive = () => {
      response.write(': still here\n\n')
      cancel = clock.schedule(limits.liveKeepAliveMs, keepAlive)
    }
    let cancel = clock.schedule(limits.liveKeepAliveMs, keepAlive)
    response.once('close', () => {
      stop()
      cancel()
    })
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    })
    response.write(': welcome\n\n')
  })

/** The stream that the body names; one that gets no name is made by the process that was asked. */
const streamWish =
  (schema: typeof CreateStream | typeof StopStream | typeof NotifyDevice, isOpen: (asked: Asked) => boolean) =>
  (asked: Asked): Wish | null => {
    const said = Array.isArray(asked.body) || !isOpen(asked) ? null : v.safeParse(schema, asked.body)
    const sessionId = said?.success ? said.output.sessionId : undefined
    return sessionId === undefined ? null : { kind: 'place', key: liveKey(sessionId) }
  }

const withToken = ({ mayCreate }: Asked): boolean => mayCreate

export const liveRoutes = (options: LiveRoutesOptions): readonly Route[] => {
  const inBody = { isWishInBody: true, readsBody: MOST_BYTES }
  const create = {
    ...inBody,
    wishOf: streamWish(CreateStream, withToken),
    handle: (exchange: Exchange) => createStream(exchange, options),
  }
  return [
    { method: 'POST', path: '/live/create-stream-request', ...create },
    { method: 'POST', path: '/create-session', ...create },
    {
      method: 'POST',
      path: '/live/stop',
      ...inBody,
      wishOf: streamWish(StopStream, withToken),
      handle: (exchange) => stopStream(exchange, options),
    },
    {
      method: 'POST',
      path: '/notification/create',
      ...inBody,
      wishOf: streamWish(NotifyDevice, () => true),
      handle: (exchange) => notifyDevice(exchange, options),
    },
    { method: 'GET', path: '/notification/events/:deviceId', handle: (exchange) => streamRequests(exchange, options) },
  ]
}
