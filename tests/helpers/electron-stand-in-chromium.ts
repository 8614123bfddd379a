/** The Chromium that shows the windows, and how addresses of Electron's schemes look in it. */
import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { connect as connectTls, TLSSocket } from 'node:tls'
import { chromium, type BrowserContext } from 'playwright'
import { chromiumArgs, chromiumPath } from './chromium-launch.ts'
import { createSelfSigned, type SelfSigned } from './self-signed.ts'

/**
 * app://bundle is http://bundle.app.localhost in Chromium: trustworthy, so a secure context with a camera like the real
 * scheme, and not https, so that ws:// to the network is no mixed content, as in Electron (Chromium holds only pages
 * of scheme https to that: platform/weborigin/scheme_registry.cc, ShouldTreatURLSchemeAsRestrictingMixedContent).
 */
const IN_CHROMIUM = /^http:\/\/([^/.]+)\.app\.localhost(?=[/?#]|$)/
const IN_ELECTRON = /^app:\/\/([^/?#]+)/

export const toChromium = (address: string): string => address.replace(IN_ELECTRON, 'http://$1.app.localhost')
export const toElectron = (address: string): string => address.replace(IN_CHROMIUM, 'app://$1')

/** Origin, as Electron's WebFrameMain says it. */
export const electronOrigin = (address: string): string => {
  const url = URL.parse(toElectron(address))
  return url === null || url.host === '' ? 'null' : `${url.protocol}//${url.host}`
}

/** Passes bytes on, with the page's origin in the request's head written as Electron's Chromium would. */
const pipeWithOrigin = (from: Socket, to: Socket): void => {
  let head: Buffer | null = Buffer.alloc(0)
  from.on('data', (chunk: Buffer) => {
    if (head === null) return void to.write(chunk)
    head = Buffer.concat([head, chunk])
    if (!head.includes('\r\n\r\n')) return
    to.write(
      head.toString('latin1').replace(/^origin: *(.*)$/im, (_, origin: string) => `Origin: ${toElectron(origin)}`),
      'latin1',
    )
    head = null
  })
  from.on('end', () => to.end())
}

/** What the app says about connections of its page; see SessionStandIn. */
export interface NetworkRules {
  letsRequest: (url: string) => Promise<boolean>
  accepts: (hostname: string, certificate: string, isTrusted: boolean) => Promise<boolean>
}

interface Tunnel {
  readonly client: Socket
  readonly host: string
  readonly port: number
}

/** Joins both ends; when one is gone, so is the other. */
const join = (client: Socket, target: Socket): void => {
  target.on('error', () => client.destroy())
  target.once('close', () => client.destroy())
  client.once('close', () => target.destroy())
  pipeWithOrigin(client, target)
  target.pipe(client)
  client.resume()
}

const connectPlain = ({ client, host, port }: Tunnel): void => {
  const target = connect(port, host)
  target.on('error', () => client.destroy())
  target.once('connect', () => join(client, target))
}

/** Connects by TLS as Chromium would, the app's rules asked at the same places: before it, and about the certificate. */
const connectByTls = async ({ client, host, port }: Tunnel, rules: NetworkRules): Promise<TLSSocket | null> => {
  const authority = host.includes(':') ? `[${host}]:${String(port)}` : `${host}:${String(port)}`
  if (!(await rules.letsRequest(`wss://${authority}/`))) return null
  const target = connectTls({ host, port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
  client.once('close', () => target.destroy())
  const isSecure = await new Promise<boolean>((resolve) => {
    target.on('error', () => resolve(false))
    target.once('secureConnect', () => resolve(true))
  })
  const certificate = target.getPeerX509Certificate()
  if (isSecure && certificate && (await rules.accepts(host, certificate.toString(), target.authorized))) return target
  target.destroy()
  return null
}

/**
 * A proxy for sockets only: Chromium tunnels every ws:// and wss:// through it. Plain HTTP has no business leaving the
 * page. Of wss:// it is both ends: Chromium takes the certificate of `own` for any host, and what a server shows is put
 * to the app.
 */
const startOriginProxy = async (
  own: SelfSigned,
  rules: () => NetworkRules,
): Promise<{ url: string; close: () => void }> => {
  const secure = { isServer: true, key: own.key, cert: own.certificate, ALPNProtocols: ['http/1.1'] }
  const serve = async (tunnel: Tunnel, first: Buffer): Promise<void> => {
    const { client } = tunnel
    client.pause()
    client.unshift(first)
    // A handshake of TLS begins with 22 (RFC 8446, section 5.1).
    if (first[0] !== 22) {
      connectPlain(tunnel)
      return
    }
    const target = await connectByTls(tunnel, rules())
    if (target === null) return void client.destroy()
    const shown = new TLSSocket(client, secure)
    shown.on('error', () => client.destroy())
    join(shown, target)
  }
  const server = createServer((client) => {
    client.on('error', () => client.destroy())
    client.once('data', (chunk: Buffer) => {
      const asked = /^CONNECT ([^ ]+):(\d+) /.exec(chunk.toString('latin1'))
      if (asked === null) return void client.end('HTTP/1.1 502 Not through here\r\n\r\n')
      const tunnel = { client, host: asked[1]!.replace(/^\[|\]$/g, ''), port: Number(asked[2]) }
      client.write('HTTP/1.1 200 Connected\r\n\r\n')
      client.once('data', (first: Buffer) => void serve(tunnel, first))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, close: () => server.close() }
}

/** Electron switches Chromium's local-network prompts off (shell/browser/feature_list.cc). */
const electronFeatures = '--disable-features=LocalNetworkAccessChecks'

export interface Chromium {
  readonly context: BrowserContext
  close: () => Promise<void>
}

/**
 * Starts Chromium with its storage in `folder`. It grants nothing by itself: permissions come from the
 * app's handlers. Writes DevToolsActivePort into the folder, for the test to attach. `further`: arguments beside the usual.
 */
export const launchChromium = async (
  folder: string,
  rules: () => NetworkRules,
  further: readonly string[],
): Promise<Chromium> => {
  const own = await createSelfSigned()
  const proxy = await startOriginProxy(own, rules)
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: chromiumPath,
    args: [
      ...chromiumArgs.filter((arg) => arg !== '--use-fake-ui-for-media-stream'),
      electronFeatures,
      `--ignore-certificate-errors-spki-list=${Buffer.from(own.pin, 'base64url').toString('base64')}`,
      '--remote-debugging-port=0',
      ...further,
    ],
    proxy: { server: proxy.url, bypass: '<-loopback>' },
    viewport: null,
  })
  return {
    context,
    close: async () => {
      await context.close()
      proxy.close()
    },
  }
}
