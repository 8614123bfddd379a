import type { MediaKind } from '#electron/ipc.ts'
import type { DocumentKind } from '#signalling/protocol.ts'
import type { LinkPhase, Quality } from '../call/call-state.ts'
import { deviceWords } from './en-problems.ts'
import { count, list, sentenceCase } from './en-words.ts'
import type { Devices } from './texts.ts'

export const devices = {
  camera: 'Camera',
  microphone: 'Microphone',
  speaker: 'Speaker',
  systemDefault: 'System default',
  unnamed: (number: number) => `Device ${String(number)}`,
  turnOff: { camera: 'Turn camera off', microphone: 'Turn microphone off' },
  turnOn: { camera: 'Turn camera on', microphone: 'Turn microphone on' },
  cameraIsOff: 'Your camera is off',
  cameraIsStarting: 'Your camera is starting',
  level: 'Microphone level',
  openSystemPage: (kind: MediaKind) => `Open the ${kind} settings of the system`,
  dismiss: 'Dismiss',
}

export const greenRoom = {
  title: 'Ready to join?',
  hostTitle: 'Your meeting is ready',
  preview: 'How others will see you',
  inside: (names: readonly string[]) => {
    if (names.length === 0) return 'Nobody is here yet.'
    const shown = names.length > 4 ? [...names.slice(0, 3), count(names.length - 3, 'other', 'others')] : names
    return `${list(shown)} ${names.length === 1 ? 'is' : 'are'} here.`
  },
  joiningAs: (name: string) => `You join as ${name}.`,
  changeName: 'Change your name',
  join: 'Join',
  joinWithout: (missing: Devices) => `Join without ${deviceWords(missing)}`,
  joining: 'Joining…',
  needsName: 'Enter your name to join.',
  reconnecting: 'The server does not answer right now. You can join as soon as it is back.',
}

export const invitation = {
  title: 'Invite others',
  spokenCode: (code: string) => `Code: ${code}`,
  link: 'Link to the meeting',
  copy: 'Copy link',
  copied: 'Link copied',
  copyFailed: 'The link could not be copied. Select it and copy it yourself.',
  noNetwork: 'This computer is on no network, so nobody else can come in yet. Connect to a Wi-Fi or plug in a cable.',
  onlyHere:
    'This link works on this computer only. Others need this computer’s address in the network in place of “localhost”.',
}

const linkWords: Record<LinkPhase, string> = {
  connecting: 'Connecting…',
  connected: 'Connected',
  reconnecting: 'Reconnecting…',
  unreachable: 'Not reachable',
}
const qualityWords: Record<Quality, string> = {
  good: 'good connection',
  fair: 'fair connection',
  poor: 'weak connection',
  unknown: 'connection not measured yet',
}

/** In a list the words stand alone, on a tile they follow "Connection:". */
const linkAndQuality = (link: LinkPhase, quality: Quality): string =>
  link !== 'connected' || quality === 'unknown' ? linkWords[link] : sentenceCase(qualityWords[quality])

export const room = {
  you: 'You',
  people: 'People in the meeting',
  controls: 'Call controls',
  leave: 'Leave',
  chat: 'Chat',
  chatUnread: (unread: number) => `Chat, ${count(unread, 'new message', 'new messages')}`,
  peoplePanel: 'People',
  microphoneIsOff: 'Microphone is off',
  isSpeaking: 'is speaking',
  links: linkWords,
  unreachable: (name: string) => ({
    what: `Can’t reach ${name}`,
    next: 'You can chat. A firewall or the network may be in the way; Earshot keeps trying.',
  }),
  linkAndQuality,
  qualityLabel: (quality: Quality) => `Connection: ${qualityWords[quality]}`,
  serverLost: 'Reconnecting to the meeting. The call goes on.',
  serverLostAlone: 'Reconnecting to the meeting.',
  accessDenied: {
    what: 'The server asks for a new access token.',
    next: 'The call goes on. Messages and newcomers reach you again once you have entered it. Whoever runs the server has it.',
  },
  enterAccessToken: 'Enter the access token',
  notNow: 'Not now',
  offline: 'You are offline. The call goes on as soon as the network is back.',
  soundBlocked: 'The browser holds back the sound of others.',
  turnOnSound: 'Turn on sound',
  alone: 'You are the only one here',
  aloneHint: 'Send the link to the people you want to talk to.',
}

export const panel = {
  closeChat: 'Close chat',
  closePeople: 'Close people',
  messages: 'Messages',
  noMessages: 'No messages yet. What you write here is seen by everyone in the meeting.',
  message: 'Message',
  messageHint: 'Enter sends, Shift + Enter begins a new line.',
  send: 'Send',
  sending: 'Sending…',
  failed: 'Not sent. Write it again.',
  left: (remaining: number) => `${count(remaining, 'character', 'characters')} left`,
  youNamed: (name: string) => `${name} (you)`,
  cameraOn: 'camera on',
  cameraOff: 'camera off',
  microphoneOn: 'microphone on',
  microphoneOff: 'microphone off',
}

const documentNames: Record<DocumentKind, string> = { report: 'Report', transcript: 'Transcript' }

export const documents = {
  title: 'Documents',
  close: 'Close documents',
  names: documentNames,
  changed: 'Last changed:',
  loading: 'Loading…',
  empty: 'There is nothing in this document yet.',
  none: 'The documents of this meeting were taken away.',
  table: 'Table',
  done: 'Done:',
  notDone: 'Not done:',
}

export const shortcuts = {
  title: 'Keyboard shortcuts',
  open: 'Keyboard shortcuts',
  use: 'Use single-key shortcuts',
  useHint: 'Turn this off if you dictate or if keys are pressed by accident.',
  names: {
    microphone: 'Microphone on or off',
    camera: 'Camera on or off',
    chat: 'Chat',
    people: 'People',
    close: 'Close the side panel',
    help: 'Show these shortcuts',
  },
}

export const announcements = {
  joined: (name: string) => `${name} joined.`,
  left: (name: string) => `${name} left.`,
  chat: (name: string) => `New message from ${name}.`,
  knock: (name: string) => `${name} wants to join.`,
  muted: (name: string) => `${name === '' ? 'A host' : name} turned your microphone off.`,
  host: (_name: string) => 'You are a host of this meeting now.',
  documentAdded: (kind: DocumentKind) => `The ${documentNames[kind].toLowerCase()} was added to the documents.`,
  documentChanged: (kind: DocumentKind) => `The ${documentNames[kind].toLowerCase()} was changed.`,
  serverLost: 'The server is gone for a moment. The call goes on.',
  serverBack: 'The server is back.',
  personLost: (name: string) => `The connection to ${name} is being rebuilt.`,
  personBack: (name: string) => `${name} is back.`,
  microphone: (isOn: boolean) => (isOn ? 'Your microphone is on.' : 'Your microphone is off.'),
  camera: (isOn: boolean) => (isOn ? 'Your camera is on.' : 'Your camera is off.'),
}
