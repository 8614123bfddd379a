import { posix, win32 } from 'node:path'
import { Problem } from './problem.mjs'

export interface Machine {
  readonly platform: NodeJS.Platform
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
}

/**
 * Folder for what the app keeps for this person when it runs without Electron: XDG state on Linux, Application Support
 * on macOS, local application data on Windows. A profile has one of its own beside it.
 * Throws a `Problem` for a profile name that is no plain word.
 */
export const stateFolder = ({ platform, env, home }: Machine, profile: string | null): string => {
  // The same names as electron/single-instance.ts takes.
  if (profile !== null && !/^[a-z\d][a-z\d-]{0,31}$/i.test(profile)) {
    throw new Problem('A profile name is letters, digits and dashes, at most 32 of them: --profile=NAME')
  }
  const suffix = profile === null ? '' : `-${profile.toLowerCase()}`
  if (platform === 'win32') {
    return win32.join(env['LOCALAPPDATA'] ?? win32.join(home, 'AppData', 'Local'), `Earshot${suffix}`)
  }
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support', `Earshot${suffix}`)
  return posix.join(env['XDG_STATE_HOME'] ?? posix.join(home, '.local', 'state'), `earshot${suffix}`)
}

/** Whether windows can be opened: everywhere but on a Linux without X11 or Wayland. */
export const hasDisplay = ({ platform, env }: Machine): boolean =>
  platform !== 'linux' || [env['DISPLAY'], env['WAYLAND_DISPLAY']].some(Boolean)
