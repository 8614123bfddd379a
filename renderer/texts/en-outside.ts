import { duration, list, sentenceCase } from './en-words.ts'

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const minuteMs = 60_000

const ago = (thenMs: number, nowMs: number): string => {
  const minutes = Math.max(0, Math.round((nowMs - thenMs) / minuteMs))
  if (minutes < 1) return 'just now'
  if (minutes < 60) return relative.format(-minutes, 'minute')
  if (minutes < 24 * 60) return relative.format(-Math.round(minutes / 60), 'hour')
  return relative.format(-Math.round(minutes / 60 / 24), 'day')
}

export const home = {
  welcome: 'Welcome to Earshot',
  askName: 'How should others see you?',
  yourName: 'Your name',
  nameMissing: 'Enter your name first, so that others know who you are.',
  changeName: 'Change your name',
  host: 'Host a meeting',
  hostHintDesktop: 'Everyone on your network can join. No account, no internet.',
  hostHintBrowser: 'Get a link and send it to the people you want to talk to.',
  or: 'or join one',
  codeOrLink: 'Code or link',
  join: 'Join',
  recent: 'Recent meetings',
  rejoin: (title: string, agoText: string) => `Join ${title} again, last used ${agoText}`,
  forget: (title: string) => `Remove ${title} from the list`,
  ago,
  settings: 'Settings',
  hosting: (address: string) => `This computer is hosting on ${address}.`,
  hostingNowhere: 'This computer is hosting, but it is on no network that others could come by.',
  stopHosting: 'Stop hosting',
  joinProblems: {
    empty: 'Enter the code or the link that you were sent.',
    'not-understood': 'This is neither a code nor a link to a meeting. A code looks like k7mq-2xvd-9thr.',
    'code-needs-address':
      'A code or a name alone does not say where the meeting is. Paste the whole link, or put the host’s address before the code: 192.168.1.20:8001 k7mq-2xvd-9thr.',
    'address-needs-code':
      'This is the address of a server. Add the code or the name of the meeting after it, for example k7mq-2xvd-9thr.',
  },
}

export const settings = {
  title: 'Settings',
  appearance: 'Appearance',
  themes: { system: 'System', light: 'Light', dark: 'Dark' },
  server: 'Server for short codes',
  serverHint: 'Address where codes without a link are looked up. Leave it empty if you have none.',
  serverInvalid: 'Enter an address that begins with https:// or http://.',
  port: 'Port for hosting',
  portHint: 'Tried first when you host. If it is taken, the next free one is used.',
  portInvalid: 'Enter a number from 1024 to 65535.',
  save: 'Save',
  notSaved: 'The settings could not be saved. Try again.',
}

export const meeting = {
  untitled: 'Meeting',
  hostedBy: (name: string) => `${name}’s meeting`,
  startingHost: 'Getting this computer ready',
  hostSteps: {
    process: 'Starting the meeting server',
    port: 'Finding a free port',
    check: 'Checking that others can come in',
  },
  restarting: 'The meeting server stopped and is being started again.',
  opening: { host: 'Making the meeting', join: 'Looking for the meeting', resume: 'Going back into the meeting' },
  portTaken: (taken: number, used: number) => `Port ${String(taken)} was busy, so this meeting uses ${String(used)}.`,
}

export const access = {
  token: 'Access token',
  goOn: 'Go on',
  trying: 'Asking the server…',
  problems: {
    empty: 'Enter the access token.',
    refused: 'The server does not take this access token. It may have a typing error, or it was changed.',
    'not-kept': 'The access token could not be kept. Try again.',
  },
}

export const afterCall = {
  summary: (durationMs: number, names: readonly string[]) => {
    const time = sentenceCase(duration(durationMs))
    return names.length === 0 ? `${time}. Nobody else was there.` : `${time} with ${list(names)}.`
  },
  joinAgain: 'Join again',
}
