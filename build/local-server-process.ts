/**
 * The server that build/local-server.ts starts: signalling/main.ts, with a certificate that this computer makes for itself, so that
 * browsers of others on the network come by https and give the page their camera. The first argument is the folder that its
 * key is kept in.
 */
import { HostCertificates } from '#electron/certificates.ts'
import type { HostAddress, HostState } from '#electron/ipc.ts'
import type { Keychain } from '#electron/keychain.ts'
import type { Log } from '#electron/log.ts'
import { readAddresses, watchNetwork } from '#electron/network-watch.ts'
import { runServer } from '#signalling/run.ts'

const log: Log = {
  error: (message) => console.error(message),
  warn: (message) => console.error(message),
  info: () => undefined,
  scoped: () => log,
}
/** Only Electron knows the system's. */
const noKeychain: Keychain = { seal: () => Promise.resolve(null), open: () => Promise.resolve({ state: 'locked' }) }

const certificates = new HostCertificates({ folder: process.argv[2] ?? 'data', keychain: noKeychain, log })
let addresses: readonly HostAddress[] = []
const certify = async () => {
  addresses = await readAddresses()
  return await certificates.identityFor(addresses)
}

let present = await certify()
let port = 0
const describeHost = (): Extract<HostState, { phase: 'running' }> => ({
  ...{ phase: 'running', url: `http://localhost:${String(port)}`, port, takenPort: null },
  ...{ addresses, identity: present.identity },
})
const server = await runServer({ tls: present, describeHost, succession: { ownerKey: null } })
if (server !== null) {
  port = server.port
  watchNetwork(() => {
    certify().then(
      (certified) => {
        server.setCertificate(certified)
        present = certified
      },
      (error: unknown) => log.warn(`No certificate for the addresses of now: ${String(error)}`),
    )
  })
}
