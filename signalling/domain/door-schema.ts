import * as v from 'valibot'
import { limits as wire, PeerId } from '#signalling/protocol.ts'
import type { ServerLimits } from '../server-limits.ts'
import { PASSWORD_HASH } from './passwords.ts'
import type { DoorRecord } from './room-record.ts'

/** The longest is the /64 of an IPv6 address. */
export const Origin = v.pipe(v.string(), v.maxLength(64))

/** What was written down of a door, as whoever reads it believes it. */
export const doorSchema = (
  bounds: Pick<ServerLimits, 'turnedAway' | 'formerHosts'>,
): v.GenericSchema<unknown, DoorRecord> =>
  v.object({
    keyHash: v.union([v.literal(''), v.pipe(v.string(), v.regex(/^[\w-]{43}$/))]),
    password: v.nullable(v.pipe(v.string(), v.regex(PASSWORD_HASH))),
    knock: v.boolean(),
    locked: v.boolean(),
    hosts: v.pipe(v.array(PeerId), v.maxLength(bounds.formerHosts + wire.roomCapacity)),
    hadHost: v.boolean(),
    removed: v.pipe(v.array(v.tuple([PeerId, Origin])), v.maxLength(bounds.turnedAway)),
  })
