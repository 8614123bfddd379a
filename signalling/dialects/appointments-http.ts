import * as v from 'valibot'
import {
  cleanLine,
  DocumentFormat,
  DocumentKind,
  limits as wire,
  RoomAddress,
  type Result,
} from '#signalling/protocol.ts'
import { nameKey, type Wish } from '../cluster/cluster.ts'
import type { AppointmentProblem } from '../domain/appointments.ts'
import { refuse } from '../domain/results.ts'
import { HttpRefusal, type Asked, type Exchange, type Route } from '../http/router.ts'
import type { DialectContext } from './dialect.ts'

const BASE = '/api/v1/signalling'

/** In JSON one unit of text takes six bytes at most (`\u0000`). */
const DOCUMENT_BYTES = wire.documentText * 6 + 1024
const APPOINTMENT_BYTES = 4096

const statuses: Record<AppointmentProblem, number> = {
  'not-found': 404,
  taken: 409,
  'not-owner': 403,
  'too-large': 413,
  'not-objects': 400,
  'too-many': 507,
  'not-stored': 507,
}

const SavedChats = v.object({ chats: v.array(v.unknown()) })
const NewAppointment = v.strictObject({
  appointment_id: v.optional(RoomAddress),
  title: v.optional(
    v.pipe(v.string(), v.maxLength(wire.title * 4), v.transform(cleanLine), v.minLength(1), v.maxLength(wire.title)),
  ),
})
const NewDocument = v.strictObject({ text: v.string(), format: v.optional(DocumentFormat, 'text') })

/** The value, or the refusal as HTTP has it. */
const grant = <T>(answered: Result<T, AppointmentProblem>): T => {
  if (answered.ok) return answered.value
  throw new HttpRefusal(statuses[answered.code], answered.message)
}

const parse = <Schema extends v.GenericSchema>(
  schema: Schema,
  said: unknown,
  message: string,
): v.InferOutput<Schema> => {
  const parsed = v.safeParse(schema, said, { abortEarly: true })
  // To the schemas a list is an object as well.
  if (!parsed.success || Array.isArray(said)) throw new HttpRefusal(400, message)
  return parsed.output
}

const checkMayCreate = (exchange: Exchange): void => {
  if (!exchange.mayCreate) throw new HttpRefusal(403, refuse('access-denied').message)
}

const roomWish = (said: unknown, mode: 'find' | 'open'): Wish | null => {
  const address = v.safeParse(RoomAddress, said)
  return address.success ? { kind: 'room', address: address.output, mode } : null
}

const chatsWish = ({ param }: Asked): Wish | null => roomWish(param('appointment_id'), 'find')
/** One that gets no name is made by the process that was asked, under a name that nobody knows yet. */
const appointmentWish = ({ body, mayCreate }: Asked): Wish | null => {
  const said = v.safeParse(NewAppointment, body)
  return mayCreate && said.success ? roomWish(said.output.appointment_id, 'open') : null
}
/** The first document makes the appointment. */
const documentWish = ({ param, mayCreate }: Asked): Wish | null =>
  roomWish(param('appointment_id'), mayCreate ? 'open' : 'find')

const savingChats = {
  method: 'PUT',
  path: `${BASE}/save-chats/:appointment_id`,
  rate: 'chat',
  wishOf: chatsWish,
} as const
const creating = {
  method: 'POST',
  path: `${BASE}/appointments`,
  wishOf: appointmentWish,
  isWishInBody: true,
  readsBody: APPOINTMENT_BYTES,
} as const
const settingDocuments = {
  method: 'PUT',
  path: `${BASE}/documents/:appointment_id/:kind`,
  wishOf: documentWish,
  readsBody: DOCUMENT_BYTES,
} as const

/** What clients of the appointment system and the sites around them ask for over HTTP. */
export const appointmentRoutes = ({ appointments, rooms, limits }: DialectContext): readonly Route[] => {
  const chatsBytes = limits.storedChatsSize * 2
  const saveChats = async (exchange: Exchange) => {
    const address = v.safeParse(RoomAddress, exchange.param('appointment_id'))
    // Before the body, which may be long, is read.
    if (!address.success || !appointments.isKnown(address.output))
      throw new HttpRefusal(404, 'There is no such appointment.')
    const body = await exchange.readJson(chatsBytes)
    const { chats } = parse(SavedChats, body, 'The chats have to be a list of objects.')
    grant(appointments.saveChats(address.output, chats))
    exchange.json(200, { success: true, message: 'Chats saved Successfully' })
  }

  const createAppointment = async (exchange: Exchange) => {
    checkMayCreate(exchange)
    const said = await exchange.readJson(APPOINTMENT_BYTES)
    const wish = parse(NewAppointment, said, 'An appointment has an appointment_id and a title at most, each one line.')
    const { appointment_id: id = appointments.newId(), title } = wish
    if (wish.appointment_id === undefined) await exchange.claim(nameKey(id))
    // A room that is there already is somebody else's.
    if (rooms.find(id)) throw new HttpRefusal(409, 'There is a meeting of that name already.')
    const { token } = grant(appointments.create(id, { title }))
    exchange.json(200, { appointment_id: id, token, url: `/r/${encodeURIComponent(id)}` })
  }

  const setDocument = async (exchange: Exchange) => {
    const id = parse(RoomAddress, exchange.param('appointment_id'), 'That is no appointment_id.')
    const kind = parse(DocumentKind, exchange.param('kind'), 'A document is a report or a transcript.')
    const said = await exchange.readJson(DOCUMENT_BYTES)
    const { text, format } = parse(NewDocument, said, 'A document has a text, and the format text or markdown.')
    if (text.length > wire.documentText)
      throw new HttpRefusal(413, `A document may have at most ${wire.documentText} characters.`)
    const isNew = !appointments.isKnown(id)
    if (isNew && rooms.find(id)) throw new HttpRefusal(403, 'Only who made the appointment can do that.')
    if (isNew) checkMayCreate(exchange)
    const document = { kind, format, text }
    const token = isNew ? grant(appointments.createWith(id, document)).token : null
    if (token === null) grant(appointments.setDocument(id, exchange.bearer, document))
    rooms.documentsChanged(id)
    exchange.json(200, { success: true, ...(token === null ? {} : { token }) })
  }

  return [
    { method: 'GET', path: `${BASE}/health-status`, handle: (exchange) => exchange.json(200, {}) },
    { ...savingChats, readsBody: chatsBytes, handle: saveChats },
    { ...creating, handle: createAppointment },
    { ...settingDocuments, handle: setDocument },
  ]
}
