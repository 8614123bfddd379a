import type { Person, RoomPhrase } from '../../call/call-state.ts'
import type { Texts } from '../../texts/texts.ts'

export interface RoomSecurity {
  readonly level: keyof Texts['security']['levels']
  /** `good`: everybody is who they should be. `alarm`: somebody may be in between. */
  readonly tone: 'quiet' | 'good' | 'warning' | 'alarm'
  /** Of those whom it is about; empty when it is about all. */
  readonly names: readonly string[]
}

const namesOf = (people: readonly Person[], isMeant: (person: Person) => boolean): readonly string[] =>
  people.filter(isMeant).map(({ name }) => name)

/** What is known of all in a room together: the worst of each. Null when nobody else is there. */
export const securityOf = (
  people: readonly Person[],
  phrase: RoomPhrase,
  isSecureContext: boolean,
): RoomSecurity | null => {
  if (people.length === 0) return null
  const intercepted = namesOf(people, ({ trust }) => trust === 'intercepted')
  if (intercepted.length > 0) return { level: 'intercepted', tone: 'alarm', names: intercepted }
  if (phrase.phase === 'different') return { level: 'different', tone: 'alarm', names: [] }
  if (!isSecureContext) return { level: 'insecure', tone: 'warning', names: [] }
  const changed = namesOf(people, ({ hasNewKey }) => hasNewKey)
  if (changed.length > 0) return { level: 'new-key', tone: 'warning', names: changed }
  const unverified = namesOf(people, ({ trust }) => trust === 'unverified')
  if (unverified.length > 0) return { level: 'unverified', tone: 'quiet', names: unverified }
  if (people.some(({ trust }) => trust === 'checking')) return { level: 'checking', tone: 'quiet', names: [] }
  const isVerified = people.every(({ trust }) => trust === 'verified')
  return { level: isVerified ? 'verified' : 'invited', tone: 'good', names: [] }
}
