import type { Unreachable } from '#electron/ipc.ts'
import type { DeviceProblem, DeviceProblems, Path } from '../call/call-state.ts'
import type { Cause } from '../call/diagnosis.ts'
import type { Advice } from './texts.ts'

const sameNetwork = 'connect to the same Wi-Fi or cable'

const ofSide = (side: 'you' | 'they', name: string): { whose: string; toWhom: (step: string) => string } =>
  side === 'you'
    ? { whose: 'Your', toWhom: (step) => `${step.charAt(0).toUpperCase()}${step.slice(1)}.` }
    : { whose: `${name}’s`, toWhom: (step) => `${name}: ${step}.` }

const adviceFor = (cause: Cause, name: string): Advice => {
  switch (cause.kind) {
    case 'no-network': {
      const { whose, toWhom } = ofSide(cause.side, name)
      const other = cause.side === 'you' ? name : 'everybody else'
      return { what: `${whose} computer has no address on any network.`, next: toWhom(`${sameNetwork} as ${other}`) }
    }
    case 'firewall': {
      const { whose, toWhom } = ofSide(cause.side, name)
      return {
        what: `${whose} firewall lets nothing in.`,
        next: toWhom('allow Earshot, or the browser it runs in, in the firewall for private networks'),
      }
    }
    case 'vpn': {
      if (cause.side === 'both')
        return {
          what: `You and ${name} both use a VPN, and nothing gets through.`,
          next: 'Both of you: turn the VPN off, or have it leave local networks alone.',
        }
      const { whose, toWhom } = ofSide(cause.side, name)
      return {
        what: `${whose} VPN takes everything away from this network.`,
        next: toWhom('turn the VPN off, or have it leave local networks alone'),
      }
    }
    case 'ip-versions':
      return {
        what: `You and ${name} speak different versions of the internet protocol: one IPv4 alone, the other IPv6 alone.`,
        next: 'Connect both computers to the same Wi-Fi or cable, or turn both versions on.',
      }
    case 'other-network':
      return {
        what: `You and ${name} are on different networks, and nothing gets from one to the other.`,
        next: 'Connect both computers to the same Wi-Fi or cable.',
      }
    case 'isolated':
      return {
        what: `The network keeps your computer and ${name}’s apart.`,
        next: 'Guest Wi-Fi often does. Use another Wi-Fi or a cable on both computers, or ask whoever runs this network to switch client isolation off.',
      }
    case 'names-blocked':
      return {
        what: `This network does not let your browser and ${name}’s find each other.`,
        next: 'Allow the microphone on one of the two computers and reload the page there, or use the Earshot app.',
      }
  }
}

/** On a tile there is room for few words. */
const shortFor = (cause: Cause, name: string): string => {
  const whose = 'side' in cause && cause.side !== 'both' ? ofSide(cause.side, name).whose : ''
  switch (cause.kind) {
    case 'no-network':
      return `${whose} computer is on no network`
    case 'firewall':
      return `${whose} firewall is in the way`
    case 'vpn':
      return cause.side === 'both' ? 'Your VPNs are in the way' : `${whose} VPN is in the way`
    case 'ip-versions':
      return 'One has IPv4 only, one IPv6 only'
    case 'other-network':
      return 'You are on different networks'
    case 'isolated':
      return 'The network keeps you apart'
    case 'names-blocked':
      return 'The network hides you from each other'
  }
}

const pathNames: Record<Path, string> = {
  unknown: 'Not known yet',
  direct: 'Directly, from computer to computer',
  host: 'Through the computer that hosts the meeting',
  relay: 'Through a relay',
}

const deviceSteps: Record<DeviceProblem, string> = {
  'refused-by-person': 'allow it in the browser or in Earshot, and try again',
  'refused-by-system': 'allow it in the privacy settings of the system',
  'none-found': 'plug one in',
  'in-use': 'close the other app that uses it',
  unplugged: 'plug it in again',
  'insecure-page': 'open the meeting in the Earshot app or over https',
  unknown: 'try again, or choose another one',
}

const devicesOf = ({ camera, microphone }: DeviceProblems): string =>
  [camera && 'camera', microphone && 'microphone'].filter((device) => device !== null).join(' and ')

/** What the page finds out by itself comes with what the desktop does. */
export type ServerTrouble = Unreachable | 'offline' | 'mixed'

/** Null: nothing more is known than that it cannot be reached. */
const serverTroubles: Record<ServerTrouble, Advice | null> = {
  refused: {
    what: 'The computer is there, and no meeting answers on it.',
    next: 'Ask the host whether Earshot still runs there, and to allow it in the firewall for private networks.',
  },
  'timed-out': {
    what: 'The computer does not answer.',
    next: 'Connect to the same Wi-Fi or cable as the host, and ask the host to allow Earshot in the firewall for private networks.',
  },
  'no-route': {
    what: 'This computer is on no network that leads there.',
    next: 'Connect to the same Wi-Fi or cable as the host.',
  },
  'blocked-by-system': {
    what: 'Your system does not let Earshot onto the local network.',
    next: 'Allow Earshot in the privacy settings of your system, under Local Network, and in the firewall.',
  },
  'name-unknown': {
    what: 'Nobody here knows a computer of that name.',
    next: 'Check the link, or ask the host for one with the address of the computer.',
  },
  clock: {
    what: 'The clock of your computer is wrong, so no secure connection can be made.',
    next: 'Set date and time to be kept automatically, and try again.',
  },
  certificate: {
    what: 'Nobody vouches for the computer that answers.',
    next: 'Ask the host for the whole invitation link and open that.',
  },
  answers: { what: 'The meeting’s server answers again.', next: 'Try again.' },
  offline: { what: 'Your computer is on no network.', next: 'Connect to the same Wi-Fi or cable as the host.' },
  mixed: {
    what: 'This page came over https, and the meeting is on a server without it.',
    next: 'Open the address of the meeting itself, or use the Earshot app.',
  },
  unknown: null,
}

export const trouble = {
  why: 'Why?',
  whyNot: (name: string) => `Why? ${name} is not connected`,
  connectionTo: (name: string) => `Connection to ${name}`,
  short: shortFor,
  advice: adviceFor,
  searching: (name: string): Advice => ({
    what: `There is no way to ${name} yet.`,
    next: 'What is in the way is not known yet. Check that both computers are on the same network, that no VPN is on, and that the firewalls let Earshot in. Earshot keeps trying.',
  }),
  connected: (name: string) => `You and ${name} are connected.`,
  step: 'What to do',
  path: 'Path',
  pathNames,
  roundTrip: 'There and back',
  milliseconds: (ms: number) => `About ${ms} ms`,
  quality: 'Quality',
  detour: 'Why not directly',
  devices: (problems: DeviceProblems, name: string) => `${name}’s ${devicesOf(problems)} could not be opened`,
  deviceStep: (problem: DeviceProblem, device: 'camera' | 'microphone', name: string) =>
    `${name}, for the ${device}: ${deviceSteps[problem]}.`,
  server: serverTroubles,
}
