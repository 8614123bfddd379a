import { sentenceCase } from './en-words.ts'

const computerOf = (name: string): string => (name === '' ? 'another computer' : `${name}’s computer`)

/** The computer that hosts is gone, and another one goes on with the meeting. */
export const succession = {
  gone: 'The computer that hosts the meeting is gone.',
  /** Names are empty where somebody is not known by any. */
  heir: (name: string) => `Sound and picture go on. ${sentenceCase(computerOf(name))} is taking over…`,
  takingOver: 'Your computer is taking over the meeting…',
  nobody: 'Sound and picture go on. Whoever hosts has to come back for messages, and for others to join.',
  nobodyAlone: 'Whoever hosts has to come back for others to join. Earshot keeps looking.',
  own: { what: 'The meeting now runs on your computer.', next: 'Keep Earshot open.' },
  other: (name: string) => `The meeting now runs on ${computerOf(name)}.`,
  first: 'The meeting runs on the first computer again.',
  /** Said to whoever is at the computer that hosts. */
  afterLeaving:
    'The meeting goes on as long as Earshot stays open here, and after that on another computer if somebody else has the app.',
  mayInherit: 'Let this computer take over a meeting',
  mayInheritHint:
    'If the computer that hosts goes away, this one goes on with the meeting. The system may ask whether others may connect.',
}
