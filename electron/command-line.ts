import { app } from 'electron'

/** Switches that let another program look into the page or what it sends, or that switch protections off. */
const dangerousSwitches = [
  'remote-debugging-port',
  'remote-debugging-pipe',
  'remote-debugging-address',
  'remote-allow-origins',
  'disable-web-security',
  'allow-running-insecure-content',
  'ignore-certificate-errors',
  'ignore-certificate-errors-spki-list',
  'host-rules',
  'host-resolver-rules',
  'proxy-server',
  'proxy-pac-url',
  'load-extension',
  'use-fake-ui-for-media-stream',
  'auto-select-desktop-capture-source',
  'unsafely-treat-insecure-origin-as-secure',
  'ssl-key-log-file',
  'log-net-log',
  'js-flags',
  'renderer-cmd-prefix',
  'utility-cmd-prefix',
]

/**
 * Takes dangerous switches off the command line of a packaged app; answers which were there. Call before ready:
 * Electron opens the debugging port only after the main script ran (electron_browser_main_parts.cc,
 * PreMainMessageLoopRun). Node's own (`--inspect`) are shut off by a fuse.
 */
export const dropDangerousSwitches = (): readonly string[] => {
  if (!app.isPackaged) return []
  const found = dangerousSwitches.filter((name) => app.commandLine.hasSwitch(name))
  for (const name of found) app.commandLine.removeSwitch(name)
  return found
}
