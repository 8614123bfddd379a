import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createServer, isIPv6 } from 'node:net'
import { createInterface } from 'node:readline'
import { readAddresses } from '#electron/network-watch.ts'
import { Problem } from './problem.mjs'
import { exitOf, node, shareSignals } from './run.ts'

const FIRST_PORT = 8001
const PORTS_TO_TRY = 50
const START_LIMIT_MS = 15_000

const isFree = async (port: number): Promise<boolean> => {
  const probe = createServer().listen(port)
  try {
    await once(probe, 'listening')
    return true
  } catch {
    return false
  } finally {
    probe.close()
  }
}

/** The first port from 8001 on that nobody listens on. */
const freePort = async (): Promise<number> => {
  for (let port = FIRST_PORT; port < FIRST_PORT + PORTS_TO_TRY; port += 1) if (await isFree(port)) return port
  throw new Problem(`All ports from ${String(FIRST_PORT)} to ${String(FIRST_PORT + PORTS_TO_TRY - 1)} are in use.`)
}

export interface LocalServer {
  /** For this computer's own browser. */
  readonly url: string
  /** For others on the network; null when there is none. */
  readonly urlForOthers: string | null
  readonly port: number
  /** Exit code, once it has ended. */
  readonly ended: Promise<number>
  /** Resolves when it has said goodbye to everybody and ended. */
  stop(): Promise<void>
}

const urlForOthers = async (port: number): Promise<string | null> => {
  const [best] = await readAddresses()
  if (best === undefined) return null
  return `https://${isIPv6(best.address) ? `[${best.address}]` : best.address}:${String(port)}`
}

const firstLine = async (child: ChildProcess): Promise<string | undefined> => {
  if (!child.stdout) return undefined
  const signal = AbortSignal.timeout(START_LIMIT_MS)
  const line = once(createInterface({ input: child.stdout }), 'line', { signal }).then(([text]) => text as string)
  return await Promise.race([line, exitOf(child).then(() => undefined)]).catch(() => undefined)
}

/**
 * Starts the signalling server in a process of its own, on a free port and on every network of this computer, so that
 * others can join, by https. Rejects with a `Problem` when it does not come up within 15 s.
 * @param dataFolder made when missing; also keeps the key that others know this computer by
 */
export const startLocalServer = async (
  dataFolder: string,
  { nodeArgs = [] }: { readonly nodeArgs?: readonly string[] } = {},
): Promise<LocalServer> => {
  mkdirSync(dataFolder, { recursive: true })
  const port = await freePort()
  const child = spawn(node, [...nodeArgs, 'build/local-server-process.ts', dataFolder], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { RELAY: 'on', ...process.env, HOST: '', PORT: String(port), DATA_DIR: dataFolder, REDIS_URL: '' },
  })
  const ended = exitOf(child)
  shareSignals(child)
  const line = await firstLine(child)
  if (line === undefined) {
    child.kill()
    throw new Problem('The server did not start (npm run server shows what it says).')
  }
  const stop = async () => {
    child.kill()
    await ended
  }
  return { url: `http://localhost:${String(port)}`, urlForOthers: await urlForOthers(port), port, ended, stop }
}
