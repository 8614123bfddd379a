/** Boot order of the main process; each step lives in the file it is imported from. */
import { join } from 'node:path'
import { app } from 'electron'
import { registerAppScheme, serveBundle } from './app-scheme.ts'
import { dropDangerousSwitches } from './command-line.ts'
import { findLink, LinkInbox, registerLinks, takeOpenedLinks } from './deep-links.ts'
import { DesktopApp } from './desktop-app.ts'
import { openLog } from './log.ts'
import { answerPermissions } from './media-access.ts'
import { setMenu } from './menu.ts'
import { guardNavigation } from './navigation-guard.ts'
import { choosePageOrigin } from './page-origin.ts'
import { chooseProfile, claimSingleInstance } from './single-instance.ts'

const distDir = join(import.meta.dirname, '..')
const page = choosePageOrigin(app.isPackaged, process.env['EARSHOT_DEV_URL'])

// Before ready: what Chromium reads only once.
const droppedSwitches = dropDangerousSwitches()
app.enableSandbox()
registerAppScheme()
chooseProfile(process.argv)
let desktop: DesktopApp | null = null
const links = new LinkInbox()
const openLink = (link: string | null): void => {
  if (link !== null) links.put(link)
  desktop?.focus()
}
takeOpenedLinks(app, openLink)
openLink(findLink(process.argv))
if (claimSingleInstance((argv) => openLink(findLink(argv)))) {
  // Windows matches notifications and pinned icons with the installer's shortcut by this (appId of the builder's config).
  app.setAppUserModelId('app.earshot.Earshot')
  // The window is the app: closing it ends both, on macOS too, as a call without its window would be a hidden one.
  app.on('window-all-closed', () => app.quit())
  void app.whenReady().then(start)
} else app.quit()

function start(): void {
  const log = openLog(app.getPath('logs'), !app.isPackaged)
  log.info(`Earshot ${app.getVersion()} on ${process.platform}, Electron ${process.versions.electron}`)
  if (droppedSwitches.length > 0) log.warn(`Passed over: ${droppedSwitches.join(', ')}`)
  if (app.commandLine.hasSwitch('no-sandbox')) log.warn('Runs without the Chromium sandbox')
  answerPermissions(page)
  guardNavigation(page, log)
  serveBundle(join(distDir, 'renderer'))
  setMenu(!app.isPackaged)
  desktop = new DesktopApp({ page, distDir, userDataDir: app.getPath('userData'), links, log })
  registerLinks(app, log)
}
