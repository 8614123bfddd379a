/** Computers that host, as seen from the network: real servers on this computer. */
import type { RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { onTestFinished } from 'vitest'
import type { SelfSigned } from './self-signed.ts'

export interface TestHost {
  readonly port: number
  /** `127.0.0.1:<port>` */
  readonly address: string
  /** How many connections there were. */
  readonly connections: () => number
  /** Resolves when none is open any more. */
  readonly allClosed: () => Promise<void>
  readonly close: () => void
}

/** Listens on 127.0.0.1; ends with the test. */
const listen = async (server: Server, port: number): Promise<TestHost> => {
  const open = new Set<Socket>()
  let count = 0
  server.on('connection', (socket: Socket) => {
    count += 1
    open.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => {
      open.delete(socket)
      server.emit('one-closed')
    })
  })
  const close = (): void => {
    server.close()
    for (const socket of open) socket.destroy()
  }
  onTestFinished(close)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const taken = (server.address() as AddressInfo).port
  return {
    port: taken,
    address: `127.0.0.1:${String(taken)}`,
    connections: () => count,
    allClosed: async () => {
      while (open.size > 0) await new Promise<void>((resolve) => server.once('one-closed', resolve))
    },
    close,
  }
}

/** A computer that shows this certificate; writes down what it is sent after the handshake. */
export const startTlsHost = async (
  identity: Pick<SelfSigned, 'key' | 'certificate'>,
  port = 0,
): Promise<TestHost & { readonly received: () => string }> => {
  let received = ''
  const server = createTlsServer({ key: identity.key, cert: identity.certificate, minVersion: 'TLSv1.3' }, (socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')))
  })
  server.on('tlsClientError', () => undefined)
  return { ...(await listen(server, port)), received: () => received }
}

/** A computer that shows this certificate and answers by HTTP; `paths` are those it was asked for. */
export const startHttpsHost = async (
  identity: Pick<SelfSigned, 'key' | 'certificate'>,
  answer: RequestListener,
): Promise<TestHost & { readonly paths: readonly (string | undefined)[] }> => {
  const paths: (string | undefined)[] = []
  const server = createHttpsServer({ key: identity.key, cert: identity.certificate }, (asked, answering) => {
    paths.push(asked.url)
    answer(asked, answering)
  })
  server.on('tlsClientError', () => undefined)
  return { ...(await listen(server, 0)), paths }
}

/** Takes connections and says nothing. */
export const startMuteHost = (): Promise<TestHost> =>
  listen(
    createTcpServer((socket) => void socket.resume()),
    0,
  )

/** Speaks HTTP where TLS is expected. */
export const startPlainHost = (): Promise<TestHost> =>
  listen(
    createTcpServer((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    0,
  )

/** Shakes hands only when `answer` is called. */
export const startSlowHost = async (
  identity: SelfSigned,
): Promise<TestHost & { readonly answer: () => void; readonly isAsked: Promise<void> }> => {
  const asked = Promise.withResolvers<undefined>()
  const answer = Promise.withResolvers<undefined>()
  const secure = createHttpsServer({ key: identity.key, cert: identity.certificate })
  secure.on('tlsClientError', () => undefined)
  const server = createTcpServer({ pauseOnConnect: true }, (socket) => {
    asked.resolve(undefined)
    void answer.promise.then(() => {
      secure.emit('connection', socket)
      socket.resume()
    })
  })
  const host = await listen(server, 0)
  return { ...host, answer: () => answer.resolve(undefined), isAsked: asked.promise }
}

/** An address of this computer that nobody listens at any more. */
export const findClosedAddress = async (): Promise<string> => {
  const host = await startMuteHost()
  host.close()
  await host.allClosed()
  return host.address
}
