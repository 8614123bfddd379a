import * as v from 'valibot'
import type { HostState } from '#electron/ipc.ts'

/** How often the addresses of this computer are asked for. */
const ASK_MS = 10_000
const OWN_NAMES = ['localhost', '127.0.0.1', '[::1]']

const text = (max: number) => v.pipe(v.string(), v.maxLength(max))
const OwnHost = v.object({
  port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
  addresses: v.pipe(
    v.array(
      v.object({
        card: text(256),
        family: v.picklist(['IPv4', 'IPv6']),
        address: v.pipe(v.string(), v.ip()),
        isVirtual: v.boolean(),
      }),
    ),
    v.maxLength(64),
  ),
  identity: v.object({
    pin: v.pipe(v.string(), v.regex(/^[\w-]{43}$/)),
    fingerprint: v.pipe(v.string(), v.regex(/^[\dA-F]{2}(?::[\dA-F]{2}){31}$/)),
  }),
})

const off: HostState = { phase: 'off' }

/**
 * How others reach the server of this page, when it runs on this very computer for this person (`npm start` without
 * Electron); `off` for every other page.
 */
export const askOwnHost = async (): Promise<HostState> => {
  if (!OWN_NAMES.includes(location.hostname)) return off
  try {
    const response = await fetch('/own-host', { cache: 'no-store' })
    const told = v.safeParse(OwnHost, response.ok ? await response.json() : null)
    return told.success ? { phase: 'running', url: location.origin, takenPort: null, ...told.output } : off
  } catch {
    // The server is away; the call says so.
    return off
  }
}

/** Tells each change, until the answered function is called. A server that is away for a moment is no change. */
export const followOwnHost = (tell: (state: HostState) => void, askMs = ASK_MS): (() => void) => {
  if (!OWN_NAMES.includes(location.hostname)) return () => undefined
  let known = ''
  const look = async (): Promise<void> => {
    const state = await askOwnHost()
    const found = JSON.stringify(state)
    if (state.phase === 'running' && known !== '' && known !== found) tell(state)
    if (state.phase === 'running') known = found
  }
  void look()
  const timer = setInterval(() => void look(), askMs)
  return () => {
    clearInterval(timer)
  }
}
