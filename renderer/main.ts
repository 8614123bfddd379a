/** The page's start: builds the objects of this window, mounts the screens, leads to the first one. */
import { mount } from 'svelte'
import App from './App.svelte'
import './app.css'
import { Call } from './call/call.ts'
import { LocalMedia } from './call/local-media.ts'
import { openDesktop } from './desktop.ts'
import { openPage } from './state/page.ts'
import { liveStreamInPath } from './state/route.ts'
import { openOwnComputer } from './state/own-computer.ts'
import { openTabMemory } from './state/tab-memory.ts'

const desktop = openDesktop()

/** The kind of an error and where, never its words: they may hold names. */
const describe = (cause: unknown): string =>
  cause instanceof Error ? `${cause.name} ${(cause.stack ?? '').match(/[\w-]+\.js:\d+:\d+/)?.[0] ?? ''}` : typeof cause
window.addEventListener('error', ({ error }) => void desktop.log('error', `uncaught: ${describe(error)}`))
window.addEventListener(
  'unhandledrejection',
  ({ reason }) => void desktop.log('error', `unhandled: ${describe(reason)}`),
)

const target = document.getElementById('app')
if (target === null) throw new Error('index.html has no #app')

const openMeetings = async (): Promise<void> => {
  const media = new LocalMedia({ systemAccess: (kind) => desktop.askMediaAccess(kind) })
  const memory = openTabMemory('earshot.call')
  // The settings are there before the call goes anywhere: `start` leads to the first screen.
  const call = new Call({
    media,
    memory,
    accessTokenFor: (origin) => page.settings.accessTokenFor(origin),
    findHost: (wanted) => desktop.findHost(wanted),
    relayOnly: () => page.settings.current.relayOnly,
    hasVpn: () => desktop.hasVpn(),
    // A browser hosts nothing.
    ...(window.desktop && {
      computer: openOwnComputer({ desktop, mayInherit: () => page.settings.current.mayInherit }),
    }),
  })
  const { page, start } = await openPage({ desktop, call, media, memory, goTo: (url) => location.assign(url) })
  // First the way, then the picture: the address of a meeting does not show Home for a moment.
  const started = start()
  mount(App, { target, props: { page } })
  await started
}

const liveStream = liveStreamInPath(location.pathname)
if (liveStream === null) await openMeetings()
else {
  const { accessTokens } = await desktop.getSettings()
  const accessToken = accessTokens.find(({ origin }) => origin === location.origin)?.token ?? null
  const { openLivePage } = await import('./ui/live/open-live-page.ts')
  openLivePage(target, { sessionId: liveStream, accessToken })
}
