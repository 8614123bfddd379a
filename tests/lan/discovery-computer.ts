/**
 * The discovery of one computer as a program, for network namespaces. Takes orders as lines of JSON, and tells as lines of JSON
 * what it finds. Ends as a crashed app does when it is killed, and with a goodbye when its input ends.
 */
import { createInterface } from 'node:readline'
import { Discovery, type Announced } from '#electron/discovery.ts'
import type { Log } from '#electron/log.ts'

export type Order =
  | { readonly kind: 'announce'; readonly meeting: Announced | null }
  | { readonly kind: 'watch'; readonly isWatching: boolean }
  | { readonly kind: 'check' }

const tell = (fact: object): void => void process.stdout.write(`${JSON.stringify({ at: Date.now(), ...fact })}\n`)
const log: Log = {
  error: (line) => console.error(line),
  warn: (line) => console.error(line),
  info: (line) => console.error(line),
  scoped: () => log,
}
const discovery = new Discovery({ log, onNearby: (meetings) => tell({ meetings }) })

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as Order
  if (order.kind === 'announce') discovery.announce(order.meeting)
  else if (order.kind === 'watch') tell({ meetings: discovery.watch(order.isWatching) })
  else tell({ isMulticast: await discovery.checkMulticast() })
}
await discovery.close()
