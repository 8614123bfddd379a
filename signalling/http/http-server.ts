import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server as HttpServer } from 'node:http'
import { isIPv6, type AddressInfo } from 'node:net'
import type { Log } from '../log.ts'
import type { ServerLimits } from '../server-limits.ts'

/** `mayUpgrade`: a request that may not is one like any other, whatever it would like to become. */
export const createHttpServer = (
  limits: ServerLimits,
  mayUpgrade: (request: IncomingMessage) => boolean,
): HttpServer => {
  const http = createServer({
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.headersTimeoutMs,
    connectionsCheckingInterval: limits.checkConnectionsMs,
    maxHeaderSize: limits.headerBytes,
    shouldUpgradeCallback: mayUpgrade,
  })
  http.maxConnections = limits.tcpConnections
  return http
}

/** As this machine reaches a server that listens on `host`. */
export const urlFor = (host: string | undefined, port: number): string => {
  if (host === undefined || host === '::') return `http://localhost:${port}`
  if (host === '0.0.0.0') return `http://127.0.0.1:${port}`
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`
}

/** Resolves with the port; rejects with Node's error when it can not listen there. */
export const listen = async (http: HttpServer, port: number, host: string | undefined, log: Log): Promise<number> => {
  http.listen({ port, ...(host === undefined ? {} : { host }) })
  await once(http, 'listening')
  // Such as EMFILE while accepting: one connection is lost, the server goes on.
  http.on('error', (fault) => log('error', 'http-fault', { fault: String(fault) }))
  return (http.address() as AddressInfo).port
}
