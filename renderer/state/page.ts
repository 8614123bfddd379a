import type { DesktopApi } from '#electron/ipc.ts'
import { parseRememberedKeys, type CallMemory } from '../call/call-memory.ts'
import { chooseTexts } from '../texts/texts.ts'
import { Announcer } from './announcer.svelte.ts'
import { attendCall } from './call-duties.ts'
import { CallView, type CallControls } from './call.svelte.ts'
import type { Page } from './context.ts'
import { HostView } from './host.svelte.ts'
import { HostedMeeting } from './hosted-meeting.svelte.ts'
import { MediaView, type MediaControls } from './media.svelte.ts'
import { Meetings } from './meetings.svelte.ts'
import { followRoute, startAt, type OpenRoom } from './route.ts'
import { SettingsView } from './settings.svelte.ts'
import { openTabMemory } from './tab-memory.ts'

interface PageOptions {
  readonly desktop: DesktopApi
  readonly call: CallControls
  readonly media: MediaControls
  /** Where `call` keeps what it needs to come back after a reload. */
  readonly memory: CallMemory
  /** Leaves this page for the one of another server. */
  readonly goTo: (url: string) => void
}
export interface OpenPage {
  readonly page: Page
  /** Leads to the first screen. */
  readonly start: () => Promise<void>
  readonly close: () => void
}

/** Builds what the screens of one window are given, and ties it to the call. Ends with `close()`. */
export const openPage = async ({
  desktop,
  call: controls,
  media: mediaControls,
  memory,
  goTo,
}: PageOptions): Promise<OpenPage> => {
  const [info, initialSettings, initialHost] = await Promise.all([
    desktop.getInfo(),
    desktop.getSettings(),
    desktop.getHost(),
  ])
  const texts = chooseTexts(info.locale)
  const pageServerUrl = info.platform === 'browser' ? location.origin : null
  const call = new CallView(controls)
  const settings = new SettingsView(desktop, initialSettings)
  const host = new HostView(desktop, initialHost)
  const media = new MediaView({ media: mediaControls, settings, memory: openTabMemory('earshot.devices') })
  const announcer = new Announcer(call, texts)
  const say = (sentence: string) => announcer.say(sentence)
  const holdsHostKey = (code: string): boolean => {
    const { state } = call.controls
    return (
      'serverUrl' in state && parseRememberedKeys(memory.load(), { serverUrl: state.serverUrl, code }).hostKey !== null
    )
  }
  const meetings = new Meetings({ call, host, settings, desktop, texts, pageServerUrl, goTo, say, holdsHostKey })
  const open: OpenRoom = (code, { secret, host: wanted }) => meetings.open(location.origin, code, secret, wanted)
  const linkToRemember = (state: Parameters<Meetings['linkToRemember']>[0]) => meetings.linkToRemember(state)
  const hosted = new HostedMeeting({ call, host, settings, desktop })
  const stops = [
    attendCall({ call, media, settings, desktop, linkToRemember }),
    () => hosted.close(),
    ...(pageServerUrl === null ? [] : [followRoute(call, open)]),
    () => settings.close(),
    () => host.close(),
    () => meetings.close(),
    () => announcer.close(),
  ]
  return {
    page: { texts, info, desktop, call, media, settings, host, hosted, meetings, announcer },
    start: async () => {
      if (pageServerUrl !== null) await startAt(call, memory, open)
      else await controls.resume()
    },
    close: () => {
      for (const stop of stops) stop()
    },
  }
}
