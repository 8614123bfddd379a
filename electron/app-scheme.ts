import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { protocol } from 'electron'
import { APP_HOST, APP_SCHEME } from './page-origin.ts'

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.wav': 'audio/wav',
  '.mp3': 'audio/mpeg',
  '.ogg': 'audio/ogg',
  '.opus': 'audio/ogg',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
}

/**
 * What the page may load and talk to. Servers are not known beforehand (any computer on the network may host), hence
 * the wide `connect-src`; it lets sockets through and nothing that could load code. Svelte makes its one Trusted Types
 * policy under the name below.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "font-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-src 'none'",
  "frame-ancestors 'none'",
  "object-src 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types svelte-trusted-html',
].join('; ')

const commonHeaders = {
  'Content-Security-Policy': contentSecurityPolicy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

/** Call before `ready`. Makes app:// a secure context with an origin of its own, as a page with a camera needs. */
export const registerAppScheme = (): void => {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: APP_SCHEME,
      privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true },
    },
  ])
}

/** Walks by itself: inside app.asar only the plain forms of Node's `fs` are sure to work. */
const filesUnder = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesUnder(path) : [path]
  })

/** Lists the files of the page once: path in the address -> file. What is not in here cannot be asked for. */
const listPageFiles = (folder: string): ReadonlyMap<string, string> => {
  const byPath = new Map(filesUnder(folder).map((file) => [`/${relative(folder, file).split(sep).join('/')}`, file]))
  const index = byPath.get('/index.html')
  if (index !== undefined) byPath.set('/', index)
  return byPath
}

const refuse = (status: number): Response =>
  new Response(null, { status, headers: { ...commonHeaders, 'Content-Type': 'text/plain; charset=utf-8' } })

/** The path an address asks for, decoded once; null when it is malformed or on another host. */
const askedPath = (address: string): string | null => {
  const url = URL.parse(address)
  if (url?.host !== APP_HOST) return null
  try {
    return decodeURIComponent(url.pathname)
  } catch {
    // Not valid percent-encoding.
    return null
  }
}

/** Answers one request for app://bundle/. Only GET and HEAD, only the listed files, 404 for all else. */
const answerFromBundle = async (files: ReadonlyMap<string, string>, request: Request): Promise<Response> => {
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405)
  const path = askedPath(request.url)
  const file = path === null ? undefined : files.get(path)
  if (file === undefined) return refuse(404)
  const headers = {
    ...commonHeaders,
    'Content-Type': contentTypes[extname(file).toLowerCase()] ?? 'application/octet-stream',
    'Cache-Control': 'no-cache',
  }
  return new Response(request.method === 'HEAD' ? null : new Uint8Array(await readFile(file)), { headers })
}

/** Call when ready. Serves the built page in `folder` as app://bundle/. */
export const serveBundle = (folder: string): void => {
  const files = listPageFiles(folder)
  protocol.handle(APP_SCHEME, (request) => answerFromBundle(files, request))
}
