import * as v from 'valibot'
import type { Settings } from './ipc.ts'

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const MAX_RECENT = 12
export const MAX_ACCESS_TOKENS = 12
/** Base64 of an encrypted token of 512 characters and its origin, each character escaped, and room to spare. */
const MAX_SEALED_LENGTH = 16_384
const deviceId = v.pipe(v.string(), v.maxLength(512))

/** Empty, or an http(s) address without credentials. */
const serverUrl = v.pipe(
  v.string(),
  v.maxLength(2048),
  v.check((text) => {
    if (text === '') return true
    const url = URL.parse(text)
    return url !== null && ['http:', 'https:'].includes(url.protocol) && url.username === '' && url.password === ''
  }, 'Not an http(s) address'),
)

const recentMeeting = v.strictObject({
  code: v.pipe(v.string(), v.maxLength(40)),
  serverUrl,
  title: v.pipe(v.string(), v.maxLength(80)),
  at: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(8.64e15)),
  link: v.pipe(v.string(), v.maxLength(2048)),
})

const origin = v.pipe(
  v.string(),
  v.maxLength(512),
  v.check((text) => /^https?:/.test(text) && URL.parse(text)?.origin === text, 'Not an http(s) origin'),
)

/** An access token in plain text, in the settings file or inside of a `SealedToken`. */
export const StoredToken = v.strictObject({ origin, token: v.pipe(v.string(), v.minLength(1), v.maxLength(512)) })

/** An access token as the system's keychain encrypted it (sealed-tokens.ts). */
const SealedToken = v.strictObject({
  origin,
  sealed: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_SEALED_LENGTH), v.base64()),
})
export type SealedToken = v.InferOutput<typeof SealedToken>

/** One schema a setting; what each means and its limits are said by `Settings` in ipc.ts. */
const fields = {
  name: v.pipe(v.string(), v.maxLength(64)),
  theme: v.picklist(['system', 'light', 'dark']),
  cameraId: deviceId,
  microphoneId: deviceId,
  speakerId: deviceId,
  cameraOn: v.boolean(),
  microphoneOn: v.boolean(),
  serverUrl,
  hostPort: v.pipe(v.number(), v.integer(), v.minValue(1024), v.maxValue(65_535)),
  recent: v.pipe(v.array(recentMeeting), v.maxLength(MAX_RECENT)),
  accessTokens: v.pipe(v.array(StoredToken), v.maxLength(MAX_ACCESS_TOKENS)),
  announce: v.picklist(['nothing', 'unnamed', 'named']),
  relayOnly: v.boolean(),
  mayInherit: v.boolean(),
} satisfies { readonly [Name in keyof Settings]: v.GenericSchema<unknown, Settings[Name]> }

/** A first start: no name yet (the page asks), camera and microphone on, no server but the one inside. */
export const defaultSettings: Settings = {
  name: '',
  theme: 'system',
  cameraId: '',
  microphoneId: '',
  speakerId: '',
  cameraOn: true,
  microphoneOn: true,
  serverUrl: '',
  // Unassigned at IANA and below every system's range of short-lived ports (Linux from 32768, others from 49152).
  hostPort: 8001,
  recent: [],
  accessTokens: [],
  announce: 'unnamed',
  relayOnly: false,
  mayInherit: true,
}

/** A change from the page: known fields only, each within its limits. */
export const SettingsChange: v.GenericSchema<unknown, Partial<Settings>> = v.pipe(
  v.custom<object>((value) => isRecord(value), 'Not an object'),
  v.partial(v.strictObject(fields)),
  // A field given as undefined is a field not given.
  v.transform((change): Partial<Settings> =>
    Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)),
  ),
)

const pixels = v.pipe(v.number(), v.integer(), v.minValue(-100_000), v.maxValue(100_000))

/** Where the main window was, in screen pixels (DIP); `isMaximised` keeps the size below it. */
const WindowPlace = v.strictObject({ x: pixels, y: pixels, width: pixels, height: pixels, isMaximised: v.boolean() })
export type WindowPlace = v.InferOutput<typeof WindowPlace>

/**
 * The settings file. A field that is missing gets its default, an unknown one (of a newer version) is let go;
 * a field of the wrong type or out of its limits refuses the whole file.
 */
export const StoredSettings = v.object({
  /** Which steps of `migrations` this file has behind it. */
  version: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
  settings: v.optional(
    v.object({
      name: v.optional(fields.name, defaultSettings.name),
      theme: v.optional(fields.theme, defaultSettings.theme),
      cameraId: v.optional(fields.cameraId, defaultSettings.cameraId),
      microphoneId: v.optional(fields.microphoneId, defaultSettings.microphoneId),
      speakerId: v.optional(fields.speakerId, defaultSettings.speakerId),
      cameraOn: v.optional(fields.cameraOn, defaultSettings.cameraOn),
      microphoneOn: v.optional(fields.microphoneOn, defaultSettings.microphoneOn),
      serverUrl: v.optional(fields.serverUrl, defaultSettings.serverUrl),
      hostPort: v.optional(fields.hostPort, defaultSettings.hostPort),
      recent: v.optional(fields.recent, [...defaultSettings.recent]),
      /** Those that are kept in plain text, for want of a keychain. */
      accessTokens: v.optional(fields.accessTokens, [...defaultSettings.accessTokens]),
      announce: v.optional(fields.announce, defaultSettings.announce),
      relayOnly: v.optional(fields.relayOnly, defaultSettings.relayOnly),
      mayInherit: v.optional(fields.mayInherit, defaultSettings.mayInherit),
    }),
    {},
  ),
  /** The other access tokens; outside of `settings`, of which each field is a `Settings` of its own. Newest first. */
  sealedTokens: v.optional(v.pipe(v.array(SealedToken), v.maxLength(MAX_ACCESS_TOKENS)), []),
  windowPlace: v.optional(v.nullable(WindowPlace), null),
})
export type StoredSettings = v.InferOutput<typeof StoredSettings>

/** Brings a file one version on. Gets whatever the file held; the result is parsed after the last step. */
export type Migration = (file: Readonly<Record<string, unknown>>) => Record<string, unknown>

/** Meetings of former times have no invitation to go back to. What is no list of them is left to the schema to refuse. */
const giveMeetingsLinks: Migration = (file) => {
  const { settings } = file
  if (!isRecord(settings) || !Array.isArray(settings['recent'])) return { ...file }
  const recent = settings['recent'].map((meeting: unknown) => (isRecord(meeting) ? { link: '', ...meeting } : meeting))
  return { ...file, settings: { ...settings, recent } }
}

/** Append only: the file remembers by number how many it has behind it. */
const migrations: readonly Migration[] = [giveMeetingsLinks]

/**
 * Reads the text of a settings file of this or any former version; one of a newer version keeps what is still known.
 * Throws when it is not JSON, no object, or a field is refused.
 */
export const parseSettingsFile = (text: string, steps: readonly Migration[] = migrations): StoredSettings => {
  let file: unknown = JSON.parse(text)
  if (!isRecord(file)) throw new Error('The settings file holds no object')
  const from = typeof file['version'] === 'number' ? file['version'] : 0
  for (const step of steps.slice(from)) file = step(file as Record<string, unknown>)
  return { ...v.parse(StoredSettings, file), version: Math.max(from, steps.length) }
}
