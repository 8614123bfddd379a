import { createSocket } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import type { HostAddress } from './ipc.ts'
import { isOfVpn, rankAddresses } from './network-addresses.ts'

/** No system tells Electron of a changed address, so we look; 5 s is well before ICE gives a path up. */
const POLL_MS = 5000
/** Connecting a UDP socket sends nothing; the system only picks the route. TEST-NET-1 (RFC 5737) leads to nobody. */
const SOMEWHERE = { address: '192.0.2.1', port: 9 }

/** Finds the address that packets to the internet leave by; null without such a route. */
const findDefaultAddress = (): Promise<string | null> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4')
    const done = (address: string | null): void => {
      socket.close()
      resolve(address)
    }
    socket.once('error', () => done(null))
    socket.connect(SOMEWHERE.port, SOMEWHERE.address, () => done(socket.address().address))
  })

/** Lists this computer's addresses, best first. */
export const readAddresses = async (): Promise<readonly HostAddress[]> =>
  rankAddresses(networkInterfaces(), await findDefaultAddress())

/** Whether packets to the internet leave by a VPN. */
export const hasVpnRoute = async (): Promise<boolean> => isOfVpn(networkInterfaces(), await findDefaultAddress())

export interface NetworkWatch {
  /** Stops looking. May be called twice. */
  close: () => void
}

/** Calls `onChange` each time the addresses differ from those before, looking every 5 s. */
export const watchNetwork = (onChange: () => void): NetworkWatch => {
  let known: string | null = null
  const look = async (): Promise<void> => {
    const found = JSON.stringify(await readAddresses())
    if (known !== null && known !== found) onChange()
    known = found
  }
  void look()
  const timer = setInterval(() => void look(), POLL_MS)
  return { close: () => clearInterval(timer) }
}
