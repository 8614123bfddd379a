import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import {
  cleanDocument,
  limits as wire,
  type DocumentFormat,
  type DocumentInfo,
  type DocumentKind,
  type Refusal,
  type Result,
  type RoomCode,
  type RoomDocument,
} from '#signalling/protocol.ts'
import type { ServerLimits } from '../server-limits.ts'
import { StoreFault, type LoggedCall, type Retention, type Store, type StoredChat } from '../store/store.ts'
import type { Cancel, Clock } from './clock.ts'
import type { RoomBooks } from './documents.ts'
import { ok } from './results.ts'
import { mergeChats, toStoredChats } from './saved-chats.ts'

const messages = {
  'not-found': 'There is no such appointment.',
  taken: 'There is an appointment of that name already.',
  'not-owner': 'Only who made the appointment can do that.',
  'too-large': 'That is more than is kept of one appointment.',
  'not-objects': 'The chats have to be a list of objects.',
  'too-many': 'The server has no room for more appointments.',
  'not-stored': 'The server can not store that now.',
} as const
export type AppointmentProblem = keyof typeof messages

const refuse = (code: AppointmentProblem): Refusal<AppointmentProblem> => ({
  ok: false,
  code,
  message: messages[code],
})
const DONE = ok(null)
type Done = Result<null, AppointmentProblem>

const TOKEN_BYTES = 32
const hash = (token: string): Buffer => createHash('sha256').update(token).digest()

/** A use is written down when the former one is so long ago. */
const TOUCH_MS = 10 * 60_000

export interface NewDocument {
  readonly kind: DocumentKind
  readonly format: DocumentFormat
  readonly text: string
}

interface AppointmentsOptions {
  readonly store: Store
  readonly limits: ServerLimits
  readonly clock: Clock
  /** The store did not do what it was asked for. */
  readonly onFault: (fault: StoreFault) => void
}

/** Appointments of one server: what is kept of rooms that have a name, whether anybody is inside or not. */
export class Appointments implements RoomBooks {
  readonly #options: AppointmentsOptions
  #cancelPruning: Cancel = () => undefined

  constructor(options: AppointmentsOptions) {
    this.#options = options
    this.#pruneRegularly()
  }

  /** A name that nobody can guess. */
  newId(): string {
    return randomBytes(16).toString('base64url')
  }

  isKnown(id: string): boolean {
    return this.#read(() => this.#options.store.findAppointment(id) !== null, false)
  }

  open(id: string): { readonly title: string; readonly code: RoomCode } | null {
    return this.#read(() => {
      const found = this.#options.store.findAppointment(id)
      if (found) this.#touch(id)
      return found
    }, null)
  }

  opened(id: string, code: RoomCode): void {
    this.#read(() => this.#options.store.setCode(id, code), undefined)
  }

  /** Whoever is answered the token is the owner. It is not kept, only its hash. */
  create(id: string, kind: { readonly title?: string | undefined }): Result<{ token: string }, AppointmentProblem> {
    const token = randomBytes(TOKEN_BYTES).toString('base64url')
    const added = this.#add(id, { title: kind.title ?? '', code: '', tokenHash: hash(token) })
    return added.ok ? ok({ token }) : added
  }

  /** Makes one that has a document from the beginning. */
  createWith(id: string, document: NewDocument): Result<{ token: string }, AppointmentProblem> {
    const created = this.create(id, {})
    if (!created.ok) return created
    const set = this.setDocument(id, created.value.token, document)
    if (set.ok) return created
    // Nobody was told its token.
    this.#read(() => this.#options.store.removeAppointment(id), undefined)
    return set
  }

  /** Somebody comes in: an appointment that there is not yet is made, and belongs to nobody. */
  arrive(id: string, code: RoomCode): Done {
    const { store } = this.#options
    return this.#attempt(() => {
      if (store.findAppointment(id) === null) return this.#add(id, { title: '', code, tokenHash: null })
      this.#touch(id)
      return DONE
    })
  }

  /** Oldest first, as their clients wrote them. */
  chats(id: string): readonly unknown[] {
    const stored = this.#read(() => this.#options.store.chats(id), [])
    return stored.map(({ json }) => JSON.parse(json) as unknown)
  }

  /** Stores the union of the list and what is stored already (saved-chats.ts). */
  saveChats(id: string, list: readonly unknown[]): Done {
    const { store, limits } = this.#options
    return this.#attempt(() => {
      if (store.findAppointment(id) === null) return refuse('not-found')
      if (list.length > limits.storedChats) return refuse('too-large')
      const sent = toStoredChats(list)
      if (sent === null) return refuse('not-objects')
      return store.whole(() => this.#mergeIn(id, sent))
    })
  }

  documents(id: string): readonly DocumentInfo[] {
    return this.#read(() => this.#options.store.documents(id), [])
  }

  document(id: string, kind: DocumentKind): RoomDocument | null {
    return this.#read(() => this.#options.store.document(id, kind), null)
  }

  /** Sets a document, or takes it away when the text is empty. Only for the one who holds the token. */
  setDocument(id: string, token: string | null, document: NewDocument): Done {
    const { store, clock } = this.#options
    return this.#attempt(() => {
      const found = store.findAppointment(id)
      if (found === null) return refuse('not-found')
      if (!isOwner(found.tokenHash, token)) return refuse('not-owner')
      const text = cleanDocument(document.text)
      const size = text.length
      if (size > wire.documentText) return refuse('too-large')
      this.#touch(id)
      if (!this.#hasSpace({ size })) return refuse('not-stored')
      if (size === 0) store.removeDocument(id, document.kind)
      else store.setDocument(id, { kind: document.kind, format: document.format, at: clock.now(), size, text })
      return DONE
    })
  }

  /** Never fails: a call is not ended for the sake of its line in the log. */
  logCall(call: LoggedCall): void {
    this.#read(() => this.#options.store.logCall(call), undefined)
  }

  close(): void {
    this.#cancelPruning()
  }

  #add(id: string, what: { title: string; code: RoomCode; tokenHash: Uint8Array | null }): Done {
    const { store, clock } = this.#options
    return this.#attempt(() => {
      if (store.findAppointment(id) !== null) return refuse('taken')
      if (!this.#hasSpace({ appointments: 1 })) return refuse('too-many')
      store.addAppointment({ id, ...what, created: clock.now(), used: clock.now() })
      return DONE
    })
  }

  #mergeIn(id: string, sent: readonly StoredChat[]): Done {
    const { store, limits } = this.#options
    const merged = mergeChats(store.chats(id), sent)
    if (merged === null) return DONE
    if (merged.all.length > limits.storedChats || sizeOf(merged.all) > limits.storedChatsSize)
      return refuse('too-large')
    // Before anything goes for it: what is in use stays.
    this.#touch(id)
    if (!this.#hasSpace({ size: sizeOf(merged.chats) })) return refuse('not-stored')
    store.writeChats(id, merged.from, merged.chats)
    return DONE
  }

  #touch(id: string): void {
    const { store, clock } = this.#options
    const found = store.findAppointment(id)
    if (found && clock.now() - found.used >= TOUCH_MS) this.#read(() => store.touch(id, clock.now()), undefined)
  }

  /** Whether so much more is within the limits; what is dispensable goes for it. */
  #hasSpace({ appointments = 0, size = 0 }: { appointments?: number; size?: number }): boolean {
    const { store } = this.#options
    const retention = this.#retention()
    const isWithin = () => {
      const usage = store.usage()
      return usage.appointments + appointments <= retention.appointments && usage.size + size <= retention.size
    }
    if (isWithin()) return true
    store.prune({
      ...retention,
      appointments: retention.appointments - appointments,
      size: retention.size - size,
    })
    return isWithin()
  }

  #retention(): Retention {
    const { limits, clock, store } = this.#options
    const now = clock.now()
    return {
      appointments: limits.appointments,
      size: store.isLasting ? limits.storedSize : limits.storedSizeInMemory,
      unusedSince: now - limits.appointmentUnusedMs,
      inUseSince: now - limits.appointmentInUseMs,
      calls: limits.callLog,
      callsSince: now - limits.callLogMs,
    }
  }

  #pruneRegularly(): void {
    const { store, clock, limits } = this.#options
    this.#read(() => store.prune(this.#retention()), 0)
    this.#cancelPruning = clock.schedule(limits.pruneMs, () => this.#pruneRegularly())
  }

  /** What can not be read is not there. */
  #read<T>(act: () => T, otherwise: T): T {
    try {
      return act()
    } catch (fault) {
      this.#report(fault)
      return otherwise
    }
  }

  #attempt<T>(act: () => Result<T, AppointmentProblem>): Result<T, AppointmentProblem> {
    try {
      return act()
    } catch (fault) {
      this.#report(fault)
      return refuse('not-stored')
    }
  }

  #report(fault: unknown): void {
    if (!(fault instanceof StoreFault)) throw fault
    this.#options.onFault(fault)
  }
}

const sizeOf = (chats: readonly StoredChat[]): number => chats.reduce((sum, { json }) => sum + json.length, 0)

/** In the same time whatever is shown. */
const isOwner = (tokenHash: Uint8Array | null, token: string | null): boolean =>
  tokenHash !== null && token !== null && timingSafeEqual(tokenHash, hash(token))
