/** The Chromium that shows the windows, and how addresses of Electron's schemes look in it. */
import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { chromium, type BrowserContext } from 'playwright'
import { chromiumArgs, chromiumPath } from './chromium-launch.ts'

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

/** A proxy for sockets only: Chromium tunnels every ws:// through it. Plain HTTP has no business leaving the page. */
const startOriginProxy = async (): Promise<{ url: string; close: () => void }> => {
  const server = createServer((client) => {
    client.on('error', () => client.destroy())
    client.once('data', (chunk: Buffer) => {
      const asked = /^CONNECT ([^ ]+):(\d+) /.exec(chunk.toString('latin1'))
      if (asked === null) return void client.end('HTTP/1.1 502 Not through here\r\n\r\n')
      const target = connect(Number(asked[2]), asked[1]!.replace(/^\[|\]$/g, ''))
      target.on('error', () => client.destroy())
      target.once('connect', () => {
        client.write('HTTP/1.1 200 Connected\r\n\r\n')
        pipeWithOrigin(client, target)
        target.pipe(client)
      })
      client.once('close', () => target.destroy())
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
 * app's handlers. Writes DevToolsActivePort into the folder, for the test to attach.
 */
export const launchChromium = async (folder: string): Promise<Chromium> => {
  const proxy = await startOriginProxy()
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: chromiumPath,
    args: [
      ...chromiumArgs.filter((arg) => arg !== '--use-fake-ui-for-media-stream'),
      electronFeatures,
      '--remote-debugging-port=0',
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
