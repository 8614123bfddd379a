import * as v from 'valibot'
import { cleanLine, limits as wire, PeerId } from '#signalling/protocol.ts'
import type { ServerLimits } from '../server-limits.ts'
import { PASSWORD_HASH } from './passwords.ts'
import type { DoorRecord } from './room-record.ts'
import type { Estate } from './room-succession.ts'

/** The longest is the /64 of an IPv6 address. */
export const Origin = v.pipe(v.string(), v.maxLength(64))

type Bounds = Pick<ServerLimits, 'turnedAway' | 'formerHosts'>

/** What was written down of a door, as whoever reads it believes it. */
export const doorSchema = (bounds: Bounds): v.GenericSchema<unknown, DoorRecord> =>
  v.object({
    keyHash: v.union([v.literal(''), v.pipe(v.string(), v.regex(/^[\w-]{43}$/))]),
    password: v.nullable(v.pipe(v.string(), v.regex(PASSWORD_HASH))),
    knock: v.boolean(),
    locked: v.boolean(),
    hosts: v.pipe(v.array(PeerId), v.maxLength(bounds.formerHosts + wire.roomCapacity)),
    hadHost: v.boolean(),
    removed: v.pipe(v.array(v.tuple([PeerId, Origin])), v.maxLength(bounds.turnedAway)),
  })

const title = v.pipe(v.string(), v.maxLength(wire.title * 4), v.transform(cleanLine), v.maxLength(wire.title))

/** The same of a room: by this server before it started anew, or by the one of a computer that is gone. */
export const estateSchema = (bounds: Bounds): v.GenericSchema<unknown, Estate> =>
  v.object({
    title,
    capacity: v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(wire.roomCapacity)),
    door: doorSchema(bounds),
  })
