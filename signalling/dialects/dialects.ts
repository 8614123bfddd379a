import { openAppointments } from './appointments.ts'
import { openCalls } from './calls.ts'
import type { Dialect, DialectContext } from './dialect.ts'
import { openLiveStreams } from './live-streams.ts'
import { openMinimalRooms } from './minimal-rooms.ts'
import { openSseSessions } from './sse-sessions.ts'

/** Every system that is spoken beside our own protocol. */
export const openDialects = (context: DialectContext): readonly Dialect[] => [
  openAppointments(context),
  openMinimalRooms(context),
  openSseSessions(context),
  ...openLiveStreams(context),
  openCalls(context),
]
