import type { DocumentInfo, DocumentKind, RoomCode, RoomDocument } from '#signalling/protocol.ts'
import type { Book } from '../store/book.ts'
import { MemoryStore } from '../store/memory-store.ts'
import type { LoggedCall, Retention, Store, StoredAppointment, StoredChat, StoredClaim } from '../store/store.ts'
import type { Journal } from './cluster.ts'

/**
 * What is kept of the appointments and claims that are at home here: in memory, while the journal is told of each change
 * after it was made. Synchronous like every store; whoever answers somebody waits with `Journal.after`, and only then it
 * outlives this process. Never throws a `StoreFault`.
 */
export class ClusterStore implements Store {
  readonly isLasting = true
  /** They are written down with all of it that another process needs (room-record.ts). */
  readonly rooms = null
  readonly #journal: Pick<Journal, 'bookChanged' | 'claimChanged'>
  readonly #memory = new MemoryStore()

  constructor(journal: Pick<Journal, 'bookChanged' | 'claimChanged'>) {
    this.#journal = journal
  }

  /** This process is home of an appointment now. Puts in place what was kept of it, and tells nobody. */
  load(id: string, book: Book): void {
    this.#memory.keepBook(id, book)
  }

  /** Another process is its home now. Forgets all of it here, and tells nobody. */
  evict(id: string): void {
    this.#memory.removeAppointment(id)
  }

  /** Takes these for all claims that there are, and tells nobody. With none, when another process is their home now. */
  loadClaims(claims: ReadonlyMap<string, StoredClaim>): void {
    this.#memory.forgetClaims(Infinity)
    for (const [userId, claim] of claims) this.#memory.keepClaim(userId, claim)
  }

  /** All of an appointment, for whoever has to write it in full; null when it is not here. */
  book(id: string): Book | null {
    return this.#memory.book(id)
  }

  /** All that are here. */
  claims(): ReadonlyMap<string, StoredClaim> {
    return this.#memory.claims
  }

  /** Nobody else writes meanwhile: a place has one home. What was written before `act` throws stays. */
  whole<T>(act: () => T): T {
    return this.#memory.whole(act)
  }

  findAppointment(id: string): StoredAppointment | null {
    return this.#memory.findAppointment(id)
  }

  addAppointment(appointment: StoredAppointment): void {
    this.#memory.addAppointment(appointment)
    this.#journal.bookChanged(appointment.id, this.#memory.book(appointment.id))
  }

  removeAppointment(id: string): void {
    if (this.#memory.findAppointment(id) === null) return
    this.#memory.removeAppointment(id)
    this.#journal.bookChanged(id, null)
  }

  setCode(id: string, code: RoomCode): void {
    this.#memory.setCode(id, code)
    this.#tell(id, 'appointment')
  }

  touch(id: string, at: number): void {
    this.#memory.touch(id, at)
    this.#tell(id, 'appointment')
  }

  chats(id: string): readonly StoredChat[] {
    return this.#memory.chats(id)
  }

  writeChats(id: string, from: number, chats: readonly StoredChat[]): void {
    this.#memory.writeChats(id, from, chats)
    this.#tell(id, 'chats')
  }

  documents(id: string): readonly DocumentInfo[] {
    return this.#memory.documents(id)
  }

  document(id: string, kind: DocumentKind): RoomDocument | null {
    return this.#memory.document(id, kind)
  }

  setDocument(id: string, document: RoomDocument): void {
    this.#memory.setDocument(id, document)
    this.#tell(id, 'documents')
  }

  removeDocument(id: string, kind: DocumentKind): void {
    this.#memory.removeDocument(id, kind)
    this.#tell(id, 'documents')
  }

  /** In memory of this process alone: calls that ended here, for as long as it lives. */
  logCall(call: LoggedCall): void {
    this.#memory.logCall(call)
  }

  calls(limit: number): readonly LoggedCall[] {
    return this.#memory.calls(limit)
  }

  findClaim(userId: string): StoredClaim | null {
    return this.#memory.findClaim(userId)
  }

  keepClaim(userId: string, claim: StoredClaim): void {
    this.#memory.keepClaim(userId, claim)
    this.#journal.claimChanged(userId, claim)
  }

  countClaims(): number {
    return this.#memory.countClaims()
  }

  forgetClaims(shownBefore: number): void {
    const all = [...this.#memory.claims.keys()]
    this.#memory.forgetClaims(shownBefore)
    for (const userId of all) if (!this.#memory.claims.has(userId)) this.#journal.claimChanged(userId, null)
  }

  /** Of the appointments that are at home here. */
  usage(): { readonly appointments: number; readonly size: number } {
    return this.#memory.usage()
  }

  /** Among the appointments that are at home here, and the calls of this process. */
  prune(retention: Retention): number {
    const gone = this.#memory.pruneAppointments(retention)
    this.#memory.pruneCalls(retention)
    for (const id of gone) this.#journal.bookChanged(id, null)
    return gone.length
  }

  /** Forgets all of it here; what the journal was told stays. */
  close(): void {
    this.#memory.close()
  }

  #tell(id: string, what: keyof Book): void {
    const book = this.#memory.book(id)
    if (book !== null) this.#journal.bookChanged(id, { [what]: book[what] })
  }
}
