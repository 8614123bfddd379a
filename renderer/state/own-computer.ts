import type { DesktopApi, HostState } from '#electron/ipc.ts'
import type { OwnComputer } from '../call/succession/own-computer.ts'
import { usableAuthorities } from './invitation-link.ts'

/** As many as `WantedHost` takes. */
const MAX_ADDRESSES = 8

interface OwnComputerOptions {
  readonly desktop: Pick<DesktopApi, 'getHost' | 'getHostKeys' | 'startHost' | 'stopHost' | 'findHost'>
  readonly mayInherit: () => boolean
}

/** The computer that this app runs on, as a call may use it to go on with a meeting. */
export const openOwnComputer = ({ desktop, mayInherit }: OwnComputerOptions): OwnComputer => {
  /** A server that ran before was started by the person. */
  let isOurs = false

  const serverOf = (state: HostState) => {
    if (state.phase !== 'running') return null
    const addresses = usableAuthorities(state).slice(0, MAX_ADDRESSES)
    return { url: state.url, host: { pin: state.identity.pin, addresses } }
  }
  return {
    mayInherit,
    keys: () => desktop.getHostKeys(),
    startServer: async () => {
      const { phase } = await desktop.getHost()
      isOurs = isOurs || phase === 'off' || phase === 'failed'
      return serverOf(await desktop.startHost())
    },
    stopServer: async () => {
      if (!isOurs) return
      isOurs = false
      await desktop.stopHost()
    },
    findHost: (wanted) => desktop.findHost(wanted),
  }
}
