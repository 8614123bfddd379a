import type { DocumentInfo, DocumentKind, RoomCode, RoomDocument } from '#signalling/protocol.ts'
import type { Book } from './book.ts'
import type { LoggedCall, Retention, Store, StoredAppointment, StoredChat, StoredClaim } from './store.ts'

interface Entry {
  appointment: StoredAppointment
  chats: readonly StoredChat[]
  readonly documents: Map<DocumentKind, RoomDocument>
}

const sizeOf = ({ chats, documents }: Entry): number =>
  chats.reduce((sum, { json }) => sum + json.length, 0) +
  [...documents.values()].reduce((sum, { size }) => sum + size, 0)

const holdsNothing = (entry: Entry): boolean => entry.appointment.tokenHash === null && sizeOf(entry) === 0

const byDispensability = (a: Entry, b: Entry): number =>
  Number(holdsNothing(b)) - Number(holdsNothing(a)) || a.appointment.used - b.appointment.used

/** Keeps everything as long as the process lives. */
export class MemoryStore implements Store {
  readonly isLasting = false
  readonly rooms = null
  readonly #entries = new Map<string, Entry>()
  readonly #claims = new Map<string, StoredClaim>()
  #calls: LoggedCall[] = []

  get claims(): ReadonlyMap<string, StoredClaim> {
    return this.#claims
  }

  book(id: string): Book | null {
    const entry = this.#entries.get(id)
    return entry === undefined ? null : { ...entry, documents: [...entry.documents.values()] }
  }

  /** Keeps all of an appointment, in the place of what was kept of it. */
  keepBook(id: string, { appointment, chats, documents }: Book): void {
    const byKind = new Map(documents.map((document) => [document.kind, document]))
    this.#entries.set(id, { appointment, chats, documents: byKind })
  }

  whole<T>(act: () => T): T {
    return act()
  }

  findAppointment(id: string): StoredAppointment | null {
    return this.#entries.get(id)?.appointment ?? null
  }

  addAppointment(appointment: StoredAppointment): void {
    this.#entries.set(appointment.id, { appointment, chats: [], documents: new Map() })
  }

  removeAppointment(id: string): void {
    this.#entries.delete(id)
  }

  setCode(id: string, code: RoomCode): void {
    const entry = this.#entries.get(id)
    if (entry) entry.appointment = { ...entry.appointment, code }
  }

  touch(id: string, at: number): void {
    const entry = this.#entries.get(id)
    if (entry) entry.appointment = { ...entry.appointment, used: at }
  }

  chats(id: string): readonly StoredChat[] {
    return this.#entries.get(id)?.chats ?? []
  }

  writeChats(id: string, from: number, chats: readonly StoredChat[]): void {
    const entry = this.#entries.get(id)
    if (entry) entry.chats = [...entry.chats.slice(0, from), ...chats]
  }

  documents(id: string): readonly DocumentInfo[] {
    const all = [...(this.#entries.get(id)?.documents.values() ?? [])]
    return all
      .map(({ kind, format, at, size }) => ({ kind, format, at, size }))
      .sort((a, b) => (a.kind < b.kind ? -1 : 1))
  }

  document(id: string, kind: DocumentKind): RoomDocument | null {
    return this.#entries.get(id)?.documents.get(kind) ?? null
  }

  setDocument(id: string, document: RoomDocument): void {
    this.#entries.get(id)?.documents.set(document.kind, document)
  }

  removeDocument(id: string, kind: DocumentKind): void {
    this.#entries.get(id)?.documents.delete(kind)
  }

  logCall(call: LoggedCall): void {
    this.#calls.push(call)
  }

  calls(limit: number): readonly LoggedCall[] {
    return this.#calls.slice(-limit).reverse()
  }

  findClaim(userId: string): StoredClaim | null {
    return this.#claims.get(userId) ?? null
  }

  keepClaim(userId: string, claim: StoredClaim): void {
    this.#claims.set(userId, claim)
  }

  countClaims(): number {
    return this.#claims.size
  }

  forgetClaims(shownBefore: number): void {
    for (const [userId, { shownAt }] of this.#claims) if (shownAt < shownBefore) this.#claims.delete(userId)
  }

  usage(): { readonly appointments: number; readonly size: number } {
    const size = [...this.#entries.values()].reduce((sum, entry) => sum + sizeOf(entry), 0)
    return { appointments: this.#entries.size, size }
  }

  prune(retention: Retention): number {
    this.pruneCalls(retention)
    return this.pruneAppointments(retention).length
  }

  /** Answers which went. */
  pruneAppointments(retention: Retention): readonly string[] {
    const gone: string[] = []
    let { appointments, size } = this.usage()
    for (const entry of [...this.#entries.values()].sort(byDispensability)) {
      const { id, used } = entry.appointment
      const isTooMuch = appointments > retention.appointments || size > retention.size
      if (used >= retention.unusedSince && (!isTooMuch || used >= retention.inUseSince)) continue
      this.#entries.delete(id)
      gone.push(id)
      appointments -= 1
      size -= sizeOf(entry)
    }
    return gone
  }

  pruneCalls({ calls, callsSince }: Pick<Retention, 'calls' | 'callsSince'>): void {
    this.#calls = this.#calls.filter(({ ended }) => ended >= callsSince).slice(-calls)
  }

  close(): void {
    this.#entries.clear()
    this.#claims.clear()
    this.#calls = []
  }
}
