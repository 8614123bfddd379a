import { mount, unmount } from 'svelte'
import { onTestFinished } from 'vitest'
import type { AppInfo, Settings } from '#electron/ipc.ts'
import App from '#renderer/App.svelte'
import type { CallState } from '#renderer/call/call-state.ts'
import { openPage } from '#renderer/state/page.ts'
import { CallDouble, DesktopDouble, MediaDouble } from './doubles.ts'

interface WindowOptions {
  readonly settings?: Partial<Settings>
  readonly platform?: AppInfo['platform']
  readonly state?: CallState
  readonly prepare?: (desktop: DesktopDouble) => void
}

/** Mounts the whole page over doubles of the call, the devices and the desktop; gone when the test ends. */
export const openWindow = async ({ settings, platform, state, prepare }: WindowOptions = {}) => {
  const desktop = new DesktopDouble(settings, platform)
  prepare?.(desktop)
  const call = new CallDouble()
  const media = new MediaDouble()
  const wentTo: string[] = []
  const { page, close } = await openPage({
    desktop,
    call,
    media,
    memory: { load: () => null, save: () => undefined },
    goTo: (url) => wentTo.push(url),
  })
  const target = document.createElement('div')
  target.id = 'app'
  document.body.append(target)
  const app = mount(App, { target, props: { page } })
  onTestFinished(async () => {
    close()
    await unmount(app)
    target.remove()
    sessionStorage.clear()
    localStorage.removeItem('earshot.has-hosted')
  })
  if (state) call.set(state)
  return { call, media, desktop, page, wentTo }
}
