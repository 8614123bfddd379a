import type { MediaEngine } from './media-peer.ts'
import type { WeriftOptions } from './werift-connection.ts'
import { WeriftDevice } from './werift-device.ts'
import { WeriftViewer } from './werift-viewer.ts'

/** WebRTC by werift. `iceServers` are asked for the server's own addresses; none by default. */
export const createWeriftEngine = (options: WeriftOptions): MediaEngine => ({
  openDevice: (events) => new WeriftDevice(events, options),
  openViewer: (tracks, events) => new WeriftViewer(tracks, events, options),
})
