/** What processes tell each other about the sockets of clients: the entry, which has the socket, and the host, which answers it. */
import * as v from 'valibot'
import { PeerId, limits as wire } from '#signalling/protocol.ts'

/** A connection of one entry in one dialect, as long as it is hosted at one place. Never used again. */
const Id = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const text = (max: number) => v.pipe(v.string(), v.maxLength(max))
/** The longest key is `live:` or `name:` and an id or address. */
const Key = text(wire.roomName + 16)

const Wish = v.variant('kind', [
  v.object({ kind: v.literal('room'), address: text(wire.roomName), mode: v.picklist(['find', 'open']) }),
  v.object({ kind: v.literal('token'), token: text(wire.resumeToken) }),
  v.object({ kind: v.literal('place'), key: Key }),
])

const Socket = v.object({
  id: text(64),
  address: text(64),
  mayCreate: v.boolean(),
  peerId: v.nullable(PeerId),
})

const ToHost = v.variant('kind', [
  v.object({ kind: v.literal('open'), id: Id, system: text(32), socket: Socket }),
  /** `ask`: which answer this is to have. `payload` is as the client sent it, for the dialect to parse. */
  v.object({
    kind: v.literal('packet'),
    id: Id,
    event: text(64),
    payload: v.optional(v.unknown()),
    ask: v.nullable(Id),
    wish: v.nullable(Wish),
  }),
  /** Asks how it stands, when everything before this has been dealt with. */
  v.object({ kind: v.literal('sync'), id: Id }),
  v.object({ kind: v.literal('lost'), id: Id }),
])

const ToEntry = v.variant('kind', [
  v.object({ kind: v.literal('sent'), id: Id, event: text(64), payload: v.optional(v.unknown()) }),
  v.object({ kind: v.literal('answered'), id: Id, ask: Id, answer: v.optional(v.unknown()) }),
  v.object({ kind: v.literal('synced'), id: Id, isSettled: v.boolean(), peerId: v.nullable(PeerId) }),
  /** The entry has to close the socket. */
  v.object({ kind: v.literal('closed'), id: Id }),
])

export const SocketMessage = v.variant('kind', [...ToHost.options, ...ToEntry.options])
export type ToHost = v.InferOutput<typeof ToHost>
export type ToEntry = v.InferOutput<typeof ToEntry>

const forHosts: ReadonlySet<string> = new Set(ToHost.options.map(({ entries }) => entries.kind.literal))
export const isForHost = (message: ToHost | ToEntry): message is ToHost => forHosts.has(message.kind)
