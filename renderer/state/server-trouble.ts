import type { DesktopApi } from '#electron/ipc.ts'
import type { ServerTrouble } from '../texts/en-trouble.ts'

/** Why this server cannot be reached, as far as this window, or the desktop around it, can tell; within 5 s. Never rejects. */
export const findServerTrouble = async (
  desktop: Pick<DesktopApi, 'whyUnreachable'>,
  serverUrl: string,
  { isOnline = navigator.onLine, page = location.protocol } = {},
): Promise<ServerTrouble> => {
  const server = URL.parse(serverUrl)
  const isHere = server !== null && ['localhost', '127.0.0.1', '[::1]'].includes(server.hostname)
  if (!isOnline && !isHere) return 'offline'
  if (page === 'https:' && server?.protocol === 'http:' && !isHere) return 'mixed'
  try {
    return await desktop.whyUnreachable(serverUrl)
  } catch {
    // An address that the desktop does not ask.
    return 'unknown'
  }
}
