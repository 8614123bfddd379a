import * as v from 'valibot'
import { HostPin, RoomCode } from '#signalling/protocol.ts'
import { MAX_FORMER } from './discovery-records.ts'
import type { Requests } from './ipc.ts'
import { SettingsChange } from './settings-schema.ts'

/** Longest line that the page may put into the log file; longer ones are refused, not cut. */
const LOG_LINE_LENGTH = 2000

const nothing = v.strictTuple([])
const mediaKind = v.strictTuple([v.picklist(['camera', 'microphone'])])

const text = (maxLength: number) => v.pipe(v.string(), v.maxLength(maxLength))
const announcement = v.strictObject({
  code: RoomCode,
  title: text(80),
  name: text(64),
  isGuarded: v.boolean(),
  former: v.pipe(v.array(HostPin), v.maxLength(MAX_FORMER)),
})
const wantedHost = v.strictObject({
  pin: v.nullable(HostPin),
  /** The longest is an IPv6 address in brackets, with its port: 47 characters. Which of them are asked, host-finder.ts says. */
  addresses: v.pipe(v.array(v.pipe(v.string(), v.maxLength(64))), v.maxLength(8)),
  code: v.exactOptional(RoomCode),
})

/** What each request may carry. Extra arguments are refused, like every field that the contract does not know. */
export const requestArguments: {
  readonly [Name in keyof Requests]: v.GenericSchema<unknown, Parameters<Requests[Name]>>
} = {
  getInfo: nothing,
  getSettings: nothing,
  changeSettings: v.strictTuple([SettingsChange]),
  getHost: nothing,
  startHost: nothing,
  stopHost: nothing,
  getHostKeys: nothing,
  checkReach: nothing,
  announce: v.strictTuple([v.nullable(announcement)]),
  watchNearby: v.strictTuple([v.boolean()]),
  findHost: v.strictTuple([wantedHost]),
  hasVpn: nothing,
  whyUnreachable: v.strictTuple([v.pipe(text(2048), v.url(), v.regex(/^https?:/))]),
  getMediaAccess: mediaKind,
  askMediaAccess: mediaKind,
  openMediaSettings: mediaKind,
  setInCall: v.strictTuple([v.boolean()]),
  log: v.strictTuple([v.picklist(['error', 'warn', 'info']), v.pipe(v.string(), v.maxLength(LOG_LINE_LENGTH))]),
}
