import type { AppInfo, Announcing, HostAddress } from '#electron/ipc.ts'
import { list } from './en-words.ts'

const untitled = 'A meeting on this network'

export const nearby = {
  title: 'Meetings on this network',
  untitled,
  hostedBy: (name: string) => `Hosted by ${name}`,
  guarded: 'The host lets you in, or you need the password.',
  gone: 'Over, or out of reach',
  isGone: (title: string) => `${title} is over, or out of reach`,
  join: (title: string, name: string, isGuarded: boolean) =>
    `Join ${title}${name === '' ? '' : `, hosted by ${name}`}${isGuarded ? ', guarded' : ''}`,
  none: 'None found yet. They show up here when this computer is on the same network. Some guest networks hide them; a link does not need to be found.',
  found: (titles: readonly string[]) => `Found on this network: ${list(titles)}.`,
}

export const asked = {
  title: (address: string) => `Join the meeting at ${address}?`,
  titleUnknown: 'Join this meeting?',
  explain: 'Somebody’s invitation was opened with Earshot. Nothing is sent there before you join.',
  inCall: 'You are in a meeting now. To join this one you leave it.',
  join: 'Join',
  leaveAndJoin: 'Leave and join',
  notNow: 'Not now',
}

const announceNames: Record<Announcing, string> = {
  nothing: 'Nothing',
  unnamed: 'That there is a meeting',
  named: 'The meeting’s name and yours',
}

export const hostSheet = {
  title: 'Meeting options',
  open: 'Meeting options',
  invite: 'Invite others',
  name: 'Meeting name',
  password: 'Password',
  passwordSet: 'Whoever joins has to know the password.',
  setPassword: 'Set',
  changePassword: 'Change',
  removePassword: 'Remove password',
  showPassword: 'Show password',
  hidePassword: 'Hide password',
  knock: 'Knock to enter',
  knockHint: 'You let each person in.',
  lock: 'Lock the meeting',
  lockHint: 'Nobody else comes in. Who is inside stays.',
  capacity: 'People at most',
  announce: 'Others on this network see',
  announceWhenHosting: 'When you host, others on this network see',
  announceNames,
  notSaved: 'This could not be saved. Try again.',
}

export const qr = {
  enlarge: 'Show the QR code large',
  title: 'Scan to join',
  label: 'QR code of the invitation',
}

type CardKind = 'wifi' | 'ethernet' | 'usb' | 'bluetooth' | 'vpn' | 'virtual' | 'other'
const cardNames: Record<Exclude<CardKind, 'other'>, string> = {
  wifi: 'Wi-Fi',
  ethernet: 'Ethernet',
  usb: 'USB network',
  bluetooth: 'Bluetooth',
  vpn: 'VPN',
  virtual: 'Virtual network',
}
const families: Record<HostAddress['family'], string> = { IPv4: 'IPv4', IPv6: 'IPv6' }

type Platform = AppInfo['platform']
const firewallSteps: Record<Platform, (port: number) => string> = {
  win32: () =>
    'Open Windows Security, go to “Firewall & network protection”, then “Allow an app through firewall”, and tick “Private” for Earshot.',
  darwin: () =>
    'Open System Settings, go to “Network”, “Firewall”, “Options”, and let Earshot accept incoming connections.',
  linux: (port) =>
    `Let port ${String(port)} in, TCP and UDP; where ufw is used, with “sudo ufw allow ${String(port)}”.`,
  browser: (port) => `Let port ${String(port)} in, TCP and UDP.`,
}

const answersUnknown = (platform: Platform, port: number): string =>
  platform === 'linux'
    ? `If others cannot come in, the firewall may have to let port ${String(port)} in, TCP and UDP.`
    : 'Whether the firewall lets others in shows when the first one comes.'

export const reach = {
  title: 'Can others come in?',
  addresses: 'Addresses of this computer',
  families,
  cardNames,
  card: (card: string) => `Network card ${card}`,
  oneOf: (name: string, card: string) => `${name} (${card})`,
  virtual: 'Others can seldom come by this one.',
  checking: 'Checking whether others can come in…',
  again: 'Check again',
  failed: 'The check did not work.',
  failedNext: 'Try it again. The meeting is not touched by this.',
  reached: 'Others can reach this computer.',
  reachedNext: 'Somebody on another computer has been here.',
  answers: 'This computer answers at its addresses.',
  answersFirewall: 'The firewall lets others in.',
  answersUnknown,
  blocked: 'The firewall of this computer keeps others out.',
  firewallSteps,
  silent: 'This computer does not answer at its own addresses.',
  silentNext: 'A VPN or security software may be in the way. Turn it off for this network, then check again.',
  noNetwork: 'This computer is on no network.',
  noNetworkNext: 'Connect to a Wi-Fi or plug in a cable; the addresses appear here by themselves.',
  noMulticast: 'This network does not pass on announcements: others may have to type the address or open the link.',
  browsers: 'When somebody joins with a browser',
  browsersHint: 'Their browser will warn once. The certificate it shows must have this fingerprint (SHA-256):',
  fingerprint: 'Fingerprint of the certificate',
  copy: 'Copy fingerprint',
  copied: 'Fingerprint copied',
  copyFailed: 'The fingerprint could not be copied. Select it and copy it yourself.',
  /** Said before the system asks, while this computer has hosted nothing yet. */
  systemAsks: {
    win32: 'Windows asks once whether others may reach Earshot: tick “Private networks” and allow it.',
    darwin:
      'macOS asks once whether Earshot may accept connections and find devices on your network: allow both, so that others can come in.',
  },
}

export const warned = {
  open: 'Why did my browser warn me?',
  title: 'About the browser’s warning',
  why: 'This page comes straight from the computer that hosts the meeting. No authority knows that computer, so your browser asks once whether you trust it. What you send is encrypted all the same.',
  compare:
    'To be sure that it is the right computer, open the certificate from the sign beside the address, and compare its SHA-256 fingerprint with the one that the host sees under “Meeting options”.',
  key: 'Your invitation also names the host’s key. As “Public Key” the certificate must show:',
  keyLabel: 'Key of the host',
  honest:
    'Trust what the host tells you over what this page shows: the page of a wrong computer could show anything. In the Earshot app this is checked by itself, without a warning.',
}

export const privacy = {
  relayOnly: 'Hide my addresses',
  relayOnlyHint:
    'Sound and picture go through a relay, so that others do not learn your addresses. It needs a relay: where the meeting’s server offers none, nobody can be connected to you.',
}
