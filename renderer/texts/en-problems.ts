import type { CallProblem, DeviceProblem, EndReason } from '../call/call-state.ts'
import type { HostState } from '#electron/ipc.ts'
import type { Advice, DevicePlace, Devices } from './texts.ts'

export const callProblems: Record<CallProblem, Advice> = {
  'bad-request': {
    what: 'The server did not understand this app.',
    next: 'Reload the page or update Earshot, and try again.',
  },
  'unsupported-version': {
    what: 'The server runs another version of Earshot.',
    next: 'Update Earshot, or ask whoever runs the server to update it.',
  },
  'access-denied': {
    what: 'This server asks for an access token.',
    next: 'Whoever runs this server has it and can give it to you.',
  },
  'room-not-found': {
    what: 'There is no such meeting.',
    next: 'Check the code, or ask for a new link: the meeting may be over. You can also host a new one.',
  },
  'room-full': { what: 'The meeting is full.', next: 'Try again when somebody has left.' },
  'already-in-room': {
    what: 'You are already in a meeting in another window.',
    next: 'Go on there, or leave there and try again.',
  },
  'not-in-room': { what: 'You are no longer in the meeting.', next: 'Join it again.' },
  'peer-not-found': { what: 'That person has just left.', next: 'Nothing needs to be done.' },
  'document-not-found': { what: 'That document is not there any more.', next: 'Nothing needs to be done.' },
  'resume-refused': { what: 'Your place in the meeting was given up.', next: 'Join it again.' },
  'password-needed': { what: 'This meeting asks for a password.', next: 'Whoever invited you can tell you.' },
  'wrong-password': {
    what: 'That is not the password of this meeting.',
    next: 'Check it, or ask whoever invited you.',
  },
  'room-locked': {
    what: 'The meeting is locked.',
    next: 'Nobody comes in until a host unlocks it. Ask somebody inside, then try again.',
  },
  'knock-needed': {
    what: 'Somebody inside has to let you in.',
    next: 'Try again, and they are asked once more.',
  },
  'knock-declined': {
    what: 'You were not let in.',
    next: 'If that was a mistake, ask whoever invited you, wait a little and try again.',
  },
  'not-host': {
    what: 'Only a host of the meeting can do that.',
    next: 'Ask a host to do it, or to make you one, too.',
  },
  'too-many-requests': { what: 'That was too much at once.', next: 'Wait a few seconds and try again.' },
  'server-full': {
    what: 'The server has no room for more meetings.',
    next: 'Try again later, or host the meeting yourself.',
  },
  'server-stopping': { what: 'The server is about to restart.', next: 'Try again in a moment.' },
  internal: { what: 'Something went wrong on the server.', next: 'Try again.' },
  timeout: { what: 'The server did not answer in time.', next: 'Check your connection and try again.' },
  'server-unreachable': {
    what: 'The meeting’s server cannot be reached.',
    next: 'Check that you are on the same network as the host, and that the host’s computer is on.',
  },
  'not-a-server': {
    what: 'There is no Earshot server at this address.',
    next: 'Check the link, or ask for it again.',
  },
  'wrong-key': {
    what: 'This is not the computer you were invited to.',
    next: 'Another one answers at its address, so Earshot does not connect, and nothing can make it. Ask the host for a new invitation.',
  },
  'host-not-found': {
    what: 'The computer that hosts the meeting cannot be found.',
    next: 'Check that you are on the same network as the host, that the host still has Earshot running, and that no VPN is in the way.',
  },
}

/** Said when the system handed this app a link that it cannot be asked about. */
export const brokenInvitation = 'The link that was opened is no invitation, or it is damaged. Ask for it again.'

/** Asked for by a name: another system may yet make a meeting of that name. */
export const noMeetingCalled = (name: string): Advice => ({
  what: `There is no meeting called “${name}”.`,
  next: 'It may be over, or nobody has opened it yet. Check the name, or host a meeting yourself.',
})

/** Devices as people say them: "camera", "microphone", "camera and microphone". */
export const deviceWords = (devices: Devices): string => devices.join(' and ')
const areOrIs = (devices: Devices): string => (devices.length > 1 ? 'are' : 'is')
const wereOrWas = (devices: Devices): string => (devices.length > 1 ? 'were' : 'was')
const themOrIt = (devices: Devices): string => (devices.length > 1 ? 'them' : 'it')

const afterPermission = (devices: Devices, place: DevicePlace): string =>
  place === 'browser'
    ? `Click the ${devices.includes('camera') ? 'camera' : 'microphone'} sign in the address bar, allow ${themOrIt(devices)}, and try again.`
    : `Allow ${themOrIt(devices)} and try again.`

const systemPages: Record<DevicePlace, string> = {
  darwin: 'System Settings under Privacy & Security',
  win32: 'the Windows settings under Privacy & security',
  linux: 'the settings of your system',
  browser: 'the privacy settings of your system',
}

export const deviceProblems: Record<DeviceProblem, (devices: Devices, place: DevicePlace) => Advice> = {
  'refused-by-person': (devices, place) => ({
    what: `Earshot is not allowed to use your ${deviceWords(devices)}.`,
    next: afterPermission(devices, place),
  }),
  'refused-by-system': (devices, place) => ({
    what: `Your computer does not let ${place === 'browser' ? 'this browser' : 'Earshot'} use the ${deviceWords(devices)}.`,
    next: `Turn ${themOrIt(devices)} on in ${systemPages[place]}, and try again.`,
  }),
  'none-found': (devices) => ({
    what: `No ${devices.join(' and no ')} ${wereOrWas(devices)} found.`,
    next: 'Plug one in, or go on without: you still see, hear and chat.',
  }),
  'in-use': (devices) => ({
    what: `Your ${deviceWords(devices)} ${areOrIs(devices)} used by another app.`,
    next: `Close ${themOrIt(devices)} there and try again.`,
  }),
  unplugged: (devices) => ({
    what: `Your ${deviceWords(devices)} ${wereOrWas(devices)} unplugged.`,
    next: 'Plug it in again and it comes back by itself.',
  }),
  'insecure-page': (devices) => ({
    what: `This page came over plain http from another computer, so the browser gives it no ${devices.join(' and no ')}.`,
    next: 'You can still join to see, hear and chat. To be seen and heard, open the meeting in the Earshot app or over https.',
  }),
  unknown: (devices) => ({
    what: `Your ${deviceWords(devices)} could not be started.`,
    next: 'Try again, or choose another one.',
  }),
}

export const endReasons: Record<EndReason, string> = {
  left: 'You left the meeting',
  removed: 'A host removed you from the meeting',
  'shut-out': 'You were away too long, and were not let back in',
  'room-ended': 'The meeting has ended',
  'room-expired': 'The meeting has closed because it stood empty',
  'opened-elsewhere': 'You went on with this meeting in another window',
  'room-lost': 'The meeting is gone from its server',
}

type HostFailure = Extract<HostState, { phase: 'failed' }>['reason']
export const hostFailures: Record<HostFailure, Advice> = {
  'no-free-port': {
    what: 'All the ports that were tried are used by other apps.',
    next: 'Choose another port in the settings and try again.',
  },
  crashed: { what: 'The meeting server stopped by itself.', next: 'Try again. If it happens again, restart Earshot.' },
  'start-timed-out': {
    what: 'The meeting server took too long to start.',
    next: 'Try again when this computer is less busy.',
  },
}
