import type { Announced } from '#electron/discovery.ts'

/** A meeting as the computer announces it that hosts it. */
export const standup: Announced = {
  code: 'k7mq2xvd9thr',
  title: 'Standup',
  name: 'Ann',
  isGuarded: true,
  pin: 'abcdefghijklmnopqrstuvwxyz-_0123456789ABCDE',
  former: [],
  port: 8001,
  addresses: [],
}

/** As long as a meeting can be: in letters of three bytes, and with as many computers before as are told. */
export const longestMeeting: Announced = {
  ...standup,
  title: '会'.repeat(80),
  name: '议'.repeat(64),
  former: Array.from('12345', (digit) => digit.repeat(43)),
  port: 65_535,
}
