/**
 * Live streams: one device, many viewers, relayed by the server. docs/DIALECTS.md says what goes over the wire; what is
 * done with it is in signalling/relay/.
 */
import { liveKey } from '../cluster/cluster.ts'
import { DeviceNotice } from '../relay/device-notice.ts'
import { LiveStreams } from '../relay/live-streams.ts'
import { createWeriftEngine } from '../relay/werift-engine.ts'
import type { Dialect, DialectContext } from './dialect.ts'
import { liveRoutes } from './live-streams-http.ts'
import { liveSockets, waitingDevices } from './live-streams-sockets.ts'

export const openLiveStreams = ({
  clock,
  limits,
  log,
  live,
  takePlace,
  claim,
  elsewhere,
}: DialectContext): readonly Dialect[] => {
  const streams = new LiveStreams({
    engine: createWeriftEngine({ iceServers: live.iceServers, clock, log }),
    clock,
    limits,
    log,
  })
  const notice = new DeviceNotice({ url: live.deviceNotifyUrl, clock, limits, elsewhere })
  const main: Dialect = {
    sockets: liveSockets({ streams, claim }),
    routes: liveRoutes({ streams, notice, clock, limits, takePlace }),
    holds: (key) => key.startsWith(liveKey('')) && streams.has(key.slice(liveKey('').length)),
    close: async () => {
      notice.close()
      await streams.close()
    },
  }
  return [main, { sockets: waitingDevices(notice) }]
}
