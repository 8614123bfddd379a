/**
 * Live streams: one device, many viewers, relayed by the server. docs/DIALECTS.md says what goes over the wire; what is
 * done with it is in signalling/relay/.
 */
import { DeviceNotice } from '../relay/device-notice.ts'
import { LiveStreams } from '../relay/live-streams.ts'
import { createWeriftEngine } from '../relay/werift-engine.ts'
import type { Dialect, DialectContext } from './dialect.ts'
import { liveRoutes } from './live-streams-http.ts'
import { liveSockets } from './live-streams-sockets.ts'

export const openLiveStreams = ({ clock, limits, log, live, takePlace }: DialectContext): Dialect => {
  const streams = new LiveStreams({
    engine: createWeriftEngine({ iceServers: live.iceServers, clock, log }),
    clock,
    limits,
    log,
  })
  const notice = new DeviceNotice({ url: live.deviceNotifyUrl, clock, limits })
  return {
    sockets: liveSockets({ streams, notice }),
    routes: liveRoutes({ streams, notice, clock, limits, takePlace }),
    close: async () => {
      notice.close()
      await streams.close()
    },
  }
}
