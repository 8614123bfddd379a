import * as v from 'valibot'
import type { Requests } from './ipc.ts'
import { SettingsChange } from './settings-schema.ts'

/** Longest line that the page may put into the log file; longer ones are refused, not cut. */
const LOG_LINE_LENGTH = 2000

const nothing = v.strictTuple([])
const mediaKind = v.strictTuple([v.picklist(['camera', 'microphone'])])

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
  getMediaAccess: mediaKind,
  askMediaAccess: mediaKind,
  openMediaSettings: mediaKind,
  setInCall: v.strictTuple([v.boolean()]),
  log: v.strictTuple([v.picklist(['error', 'warn', 'info']), v.pipe(v.string(), v.maxLength(LOG_LINE_LENGTH))]),
}
