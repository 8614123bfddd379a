import { randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import * as v from 'valibot'
import { CreateRoom, HostPin, PersonName, RoomCode } from '#signalling/protocol.ts'
import type { LinkPlace } from './discovery-cards.ts'
import type { MdnsAnswers, MdnsPacket, MdnsQuestions } from './discovery-link.ts'
import type { Announcement, HostAddress } from './ipc.ts'
import { isLanAddress } from './lan-address.ts'

/** What this network is told of a meeting hosted here. `title` and `name` may be empty: not told. */
export interface Announced extends Announcement {
  readonly pin: string
  readonly port: number
  readonly addresses: readonly HostAddress[]
}

/** What somebody on this network says of a meeting. Nothing of it is proven. */
export interface Advertisement {
  readonly instance: string
  readonly code: string
  readonly pin: string
  readonly title: string
  readonly name: string
  readonly isGuarded: boolean
  /** Pins of those it claims to go on for; at most 5. */
  readonly former: readonly string[]
  readonly port: number
  /** Private addresses from its A and AAAA records; at most 8. */
  readonly addresses: readonly string[]
}

const SERVICE = '_earshot._tcp.local'
const INSTANCE = /^earshot-[0-9a-f]{8}\._earshot\._tcp\.local$/i
/** Whoever does not hear of a meeting for this long may forget it. RFC 6762, section 10, has 120 s for hosts that do not crash. */
const TTL_S = 10
/** One string of a TXT record (RFC 6763, section 6.1). */
const MAX_TXT_BYTES = 255
/** As many pins as one string of a TXT record holds: 221 bytes. */
export const MAX_FORMER = 5
/** Keeps a packet with the longest title and name, and of the most computers before, below 1,232 bytes. */
const MAX_TOLD_ADDRESSES = 4
const MAX_READ = { instances: 4, records: 40, texts: 16, addresses: 8 }

/** A name that tells nothing of the computer and that no other has: 32 random bits. */
export const makeInstance = (): string => `Earshot-${randomBytes(4).toString('hex')}.${SERVICE}`

/** `key=text`, cut between two characters as people see them. */
const txt = (key: string, text: string): Buffer => {
  let line = `${key}=`
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (Buffer.byteLength(line + segment) > MAX_TXT_BYTES) break
    line += segment
  }
  return Buffer.from(line)
}

const texts = (meeting: Announced): Buffer[] => [
  txt('v', '1'),
  txt('r', meeting.code),
  txt('k', meeting.pin),
  txt('g', meeting.isGuarded ? '1' : '0'),
  ...(meeting.title === '' ? [] : [txt('t', meeting.title)]),
  ...(meeting.name === '' ? [] : [txt('n', meeting.name)]),
  ...(meeting.former.length === 0 ? [] : [txt('f', meeting.former.join(','))]),
]

/** Addresses of this card alone: the others lead nowhere from there, and are nobody's business. */
const addressesOn = (place: LinkPlace, meeting: Announced): readonly string[] => {
  const told = meeting.addresses.filter(({ card }) => card === place.card).map(({ address }) => address)
  return [...new Set([...told, ...place.addresses])].filter(isLanAddress).slice(0, MAX_TOLD_ADDRESSES)
}

/** All records of a meeting, so that one packet says everything (RFC 6763, section 12). */
export const announcementOf = (instance: string, meeting: Announced, place: LinkPlace, ttl = TTL_S): MdnsAnswers => {
  const target = instance.replace('._earshot._tcp', '')
  const own = { ttl, class: 'IN', flush: true } as const
  return [
    { type: 'PTR', name: SERVICE, ttl, class: 'IN', data: instance },
    { type: 'SRV', name: instance, ...own, data: { priority: 0, weight: 0, port: meeting.port, target } },
    { type: 'TXT', name: instance, ...own, data: texts(meeting) },
    ...addressesOn(place, meeting).map(
      (data) => ({ type: isIP(data) === 4 ? 'A' : 'AAAA', name: target, ...own, data }) as const,
    ),
  ]
}

/** The same with nothing left to live (RFC 6762, section 10.1). */
export const goodbyeOf = (instance: string, meeting: Announced, place: LinkPlace): MdnsAnswers =>
  announcementOf(instance, meeting, place, 0)

export const askForMeetings = (): MdnsQuestions => [{ type: 'PTR', name: SERVICE, class: 'IN' }]

/** A question that nobody answers, under a name of its own. */
export const makeProbe = (): { readonly name: string; readonly questions: MdnsQuestions } => {
  const name = `probe-${randomBytes(8).toString('hex')}.${SERVICE}`
  return { name, questions: [{ type: 'TXT', name, class: 'IN' }] }
}

const Name = v.pipe(v.string(), v.maxLength(255), v.toLowerCase())
const Question = v.object({ name: Name })

/** The names that a query asks for, in lower case. */
export const readQuestions = (packet: MdnsPacket): readonly string[] =>
  parseEach(Question, packet.questions ?? []).map(({ name }) => name)

/** Whether a query for these names is one for this instance. */
export const isAskedFor = (instance: string, names: readonly string[]): boolean =>
  names.includes(SERVICE) || names.includes(instance.toLowerCase())

const Port = v.pipe(v.number(), v.integer(), v.minValue(1024), v.maxValue(65_535))
const Address = v.pipe(v.string(), v.check(isLanAddress))
const Record = v.variant('type', [
  v.object({ type: v.literal('PTR'), name: Name, ttl: v.number(), data: v.pipe(Name, v.regex(INSTANCE)) }),
  v.object({ type: v.literal('SRV'), name: Name, data: v.object({ port: Port, target: Name }) }),
  v.object({
    type: v.literal('TXT'),
    name: Name,
    data: v.pipe(v.array(v.instance(Buffer)), v.maxLength(MAX_READ.texts)),
  }),
  v.object({ type: v.picklist(['A', 'AAAA']), name: Name, data: Address }),
])
type Record = v.InferOutput<typeof Record>

const Texts = v.object({
  v: v.literal('1'),
  r: RoomCode,
  k: HostPin,
  g: v.picklist(['0', '1']),
  t: CreateRoom.entries.title,
  n: v.optional(PersonName),
  /** Absent from versions that know of no successors. */
  f: v.optional(
    v.pipe(
      v.string(),
      v.transform((pins) => pins.split(',')),
      v.array(HostPin),
      v.maxLength(MAX_FORMER),
    ),
  ),
})

const parseEach = <Schema extends v.GenericSchema>(
  schema: Schema,
  items: readonly unknown[],
): v.InferOutput<Schema>[] =>
  items.slice(0, MAX_READ.records).flatMap((item) => {
    const parsed = v.safeParse(schema, item)
    return parsed.success ? [parsed.output] : []
  })

/** RFC 6763, section 6.4: of a key that is there twice, the first counts; what has no `=` has no value. */
const readTexts = (data: readonly Buffer[]): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  for (const line of data.map((bytes) => bytes.toString('utf8'))) {
    const at = line.indexOf('=')
    const key = line.slice(0, Math.max(at, 0)).toLowerCase()
    if (key !== '' && at < line.length - 1 && !found.has(key)) found.set(key, line.slice(at + 1))
  }
  return found
}

const readInstance = (instance: string, records: readonly Record[]): Advertisement | null => {
  const service = records.find((record) => record.type === 'SRV' && record.name === instance)
  const text = records.find((record) => record.type === 'TXT' && record.name === instance)
  if (service?.type !== 'SRV' || text?.type !== 'TXT') return null
  const parsed = v.safeParse(Texts, Object.fromEntries(readTexts(text.data)))
  if (!parsed.success) return null
  const { r, k, g, t, n, f } = parsed.output
  const addresses = records.flatMap((record) =>
    (record.type === 'A' || record.type === 'AAAA') && record.name === service.data.target ? [record.data] : [],
  )
  return {
    instance,
    code: r,
    pin: k,
    title: t ?? '',
    name: n ?? '',
    isGuarded: g === '1',
    former: f ?? [],
    port: service.data.port,
    addresses: [...new Set(addresses)].slice(0, MAX_READ.addresses),
  }
}

/** What a response tells of our service. What is not in its form is left out, as if it had not been said. */
export const readAdvertisements = (
  packet: MdnsPacket,
): { readonly meetings: readonly Advertisement[]; readonly goodbyes: readonly string[] } => {
  const records = parseEach(Record, [...(packet.answers ?? []), ...(packet.additionals ?? [])])
  const pointers = new Map(
    records.flatMap((record) => (record.type === 'PTR' && record.name === SERVICE ? [[record.data, record.ttl]] : [])),
  )
  const named = [...pointers].slice(0, MAX_READ.instances)
  return {
    meetings: named.flatMap(([instance, ttl]) => (ttl === 0 ? [] : (readInstance(instance, records) ?? []))),
    goodbyes: named.flatMap(([instance, ttl]) => (ttl === 0 ? [instance] : [])),
  }
}
