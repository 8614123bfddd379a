import type { Door, ErrorCode, Knock, Result } from '#signalling/protocol.ts'
import { refuse, type Payload } from '#renderer/call/server-words.ts'
import type { ClientDouble } from './client-double.ts'

/** Somebody in front of the room who wants to be let in. */
interface Visitor {
  readonly client: ClientDouble
  readonly name: string
  readonly isAdmitted: boolean
}

type DoorSettings = Omit<Door, 'hasPassword'> & { readonly password: string | null }

/** The door of a `ServerDouble`'s room, and those who wait in front of it. */
export class DoorDouble {
  #settings: DoorSettings = { password: null, knock: false, locked: false }
  #visitors: readonly Visitor[] = []

  get view(): Door {
    const { password, knock, locked } = this.#settings
    return { hasPassword: password !== null, knock, locked }
  }
  /** Nothing has to be got past. */
  get isOpen(): boolean {
    const { hasPassword, knock, locked } = this.view
    return !(hasPassword || knock || locked)
  }
  /** Who waits to be let in. */
  get knocks(): Knock[] {
    const waiting = this.#visitors.filter(({ isAdmitted }) => !isAdmitted)
    return waiting.map(({ client, name }) => ({ id: client.peerId, name, wasRemoved: false }))
  }

  guard(change: Partial<DoorSettings>): void {
    this.#settings = { ...this.#settings, ...change }
  }

  /** Why this client may not come in; null when it may. */
  refusal(client: ClientDouble, password: string | undefined): ErrorCode | null {
    if (this.#visitors.some((each) => each.client === client && each.isAdmitted)) return null
    return this.#wordsRefusal(password) ?? (this.#settings.knock ? 'knock-needed' : null)
  }

  knock(client: ClientDouble, { name, password }: Payload<'room:knock'>): Result<unknown> {
    const refusal = this.#wordsRefusal(password)
    if (refusal !== null) return refuse(refusal)
    this.goAway(client)
    this.#visitors = [...this.#visitors, { client, name, isAdmitted: false }]
    return { ok: true, value: {} }
  }

  answer({ id, admit }: Payload<'knock:answer'>): Result<unknown> {
    const visitor = this.#visitors.find(({ client }) => client.peerId === id)
    if (!visitor) return refuse('peer-not-found')
    this.goAway(visitor.client)
    if (admit) this.#visitors = [...this.#visitors, { ...visitor, isAdmitted: true }]
    visitor.client.tell('knock:answered', { admitted: admit })
    return { ok: true, value: {} }
  }

  /** They are no longer in front of the door. */
  goAway(client: ClientDouble): void {
    this.#visitors = this.#visitors.filter((each) => each.client !== client)
  }

  /** Nobody is in front of the door any more. */
  clear(): void {
    this.#visitors = []
  }

  #wordsRefusal(password: string | undefined): ErrorCode | null {
    const { locked, password: wanted } = this.#settings
    if (locked) return 'room-locked'
    if (wanted === null || wanted === password) return null
    return password === undefined ? 'password-needed' : 'wrong-password'
  }
}
