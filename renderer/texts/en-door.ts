import type { Path, Trust } from '../call/call-state.ts'
import { deviceWords } from './en-problems.ts'
import { count, list } from './en-words.ts'
import type { Advice, Devices } from './texts.ts'

/** In front of a room that not everybody comes into. */
export const door = {
  password: 'Password',
  showPassword: 'Show password',
  hidePassword: 'Hide password',
  passwordProblems: {
    'password-needed': 'Enter the password. Whoever invited you can tell you.',
    'wrong-password': 'That is not the password of this meeting. Check it, or ask whoever invited you.',
    'too-many-requests': 'Too many tries. Wait a moment, then try again.',
  },
  ask: 'Ask to join',
  askWithout: (missing: Devices) => `Ask to join without ${deviceWords(missing)}`,
  knockHint: 'Somebody inside is asked to let you in.',
  hidden: 'You will see who is inside when you are let in.',
  locked: 'The meeting is locked. You can join as soon as a host unlocks it.',
  waiting: 'Waiting for somebody to let you in',
  waitingHint: 'They were told that you are here. You come in by yourself as soon as somebody opens.',
  waitingOffline: 'The server does not answer right now. They are told again as soon as it is back.',
}

export const knocks = {
  wants: (name: string) => `${name} wants to join`,
  many: (number: number) => `${count(number, 'person wants', 'people want')} to join`,
  title: 'Who wants to join',
  wasRemoved: 'Somebody from their address was removed before.',
  admit: 'Admit',
  decline: 'Decline',
  admitAll: 'Admit all',
  more: (number: number) => `And ${count(number, 'other', 'others')}: show all`,
}

/** What hosts do. */
export const hosting = {
  host: 'Host',
  optionsFor: (name: string) => `Options for ${name}`,
  mute: 'Mute',
  makeHost: 'Make host',
  remove: 'Remove',
  removing: {
    title: (name: string) => `Remove ${name}?`,
    text: 'They can only come back if you let them in.',
  },
  forEveryone: 'For everyone',
  lock: 'Lock meeting',
  unlock: 'Unlock meeting',
  locked: 'The meeting is locked. Nobody else comes in.',
  muteAll: 'Mute everyone',
  allMuted: 'Everyone else was asked to be silent.',
  moreEndings: 'More ways to end',
  end: 'End for everyone',
  ending: {
    title: 'End the meeting for everyone?',
    text: 'Everyone is sent out, and the invitation leads nowhere from then on.',
  },
  mutedHint: 'Turn it on again when you want to speak.',
  hostHint: 'Under “People” you let others in, mute and remove them.',
  dismiss: 'Dismiss',
}

const trustWords: Record<Trust, string> = {
  checking: 'Checking…',
  unverified: 'Not verified',
  invited: 'Invited',
  verified: 'Verified in person',
  intercepted: 'Somebody may be in between',
}
const pathWords: Record<Exclude<Path, 'unknown' | 'direct'>, string> = {
  host: 'through the host',
  relay: 'through a relay',
}

export const trust = {
  words: trustWords,
  newKey: (name: string) => `This is not the key you verified for ${name}.`,
  newKeyShort: 'Not the key you verified',
  paths: pathWords,
}

const interceptedNext = (names: readonly string[]): string =>
  `Nothing of your sound and picture goes to ${list(names)}. Leave, make a new meeting, and send its invitation another way.`

/** What is known of everybody in the room together; `names` of those whom it is about. */
const levels = {
  insecure: (): Advice => ({
    what: 'Nothing can be checked here',
    next: 'This page came over plain http, where browsers check nothing. Open the meeting in the Earshot app or over https.',
  }),
  checking: (): Advice => ({
    what: 'Checking who is here…',
    next: 'This takes a few seconds after somebody has come.',
  }),
  verified: (): Advice => ({
    what: 'Everyone is verified in person',
    next: 'You compared the words with each of them once. Nobody is in between.',
  }),
  invited: (): Advice => ({
    what: 'Everyone holds the invitation',
    next: 'Nobody without it is in between, not even whoever runs the server. Compare the words to be sure who they are, too.',
  }),
  unverified: (names: readonly string[]): Advice => ({
    what: 'Not everyone is verified',
    next: `Nothing says yet that nobody is between you and ${list(names)}. Compare the words below to be sure.`,
  }),
  'new-key': (names: readonly string[]): Advice => ({
    what: `This is not the key you verified for ${list(names)}`,
    next: 'It may be another device or browser of theirs, or another person under that name. Compare the words below to be sure.',
  }),
  different: (): Advice => ({
    what: 'The words are not the same on every screen',
    next: 'Somebody may be in between. Say nothing that others must not hear, make a new meeting, and send its invitation another way.',
  }),
  intercepted: (names: readonly string[]): Advice => ({
    what: `Somebody may be in between you and ${list(names)}`,
    next: interceptedNext(names),
  }),
} satisfies Record<string, (names: readonly string[]) => Advice>

export const security = {
  title: 'Security',
  summary: (what: string) => `Security: ${what}`,
  whatToDo: 'What to do',
  levels,
  phrase: {
    title: 'Words of this meeting',
    alone: 'Four words appear here as soon as somebody else is in the meeting.',
    waiting: 'The words are being made. They come when everyone here is connected.',
    different: 'The others do not come to the same words.',
    compare: 'Read them to each other. The same on every screen: nobody is in the middle.',
    spoken: (words: readonly string[]) => `Words: ${words.join(', ')}`,
    same: 'They are the same',
    differ: 'They differ',
    confirmed: 'Everyone who compared them with you is verified from now on, in other meetings, too.',
  },
  differing: {
    title: 'Then somebody may be in between',
    steps: [
      'Say nothing here that others must not hear.',
      'Leave, and make a new meeting.',
      'Send its invitation another way than you did this time.',
    ],
    leave: 'Leave the meeting',
    back: 'Compare again',
  },
}
