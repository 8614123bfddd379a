import { createContext } from 'svelte'
import type { AppInfo, DesktopApi } from '#electron/ipc.ts'
import type { Texts } from '../texts/texts.ts'
import type { Announcer } from './announcer.svelte.ts'
import type { CallView } from './call.svelte.ts'
import type { HostView } from './host.svelte.ts'
import type { HostedMeeting } from './hosted-meeting.svelte.ts'
import type { MediaView } from './media.svelte.ts'
import type { Meetings } from './meetings.svelte.ts'
import type { SettingsView } from './settings.svelte.ts'

/** Everything the screens are given, made once per window (state/page.ts) and handed down by context. */
export interface Page {
  readonly texts: Texts
  readonly info: AppInfo
  readonly desktop: DesktopApi
  readonly call: CallView
  readonly media: MediaView
  readonly settings: SettingsView
  readonly host: HostView
  readonly hosted: HostedMeeting
  readonly meetings: Meetings
  readonly announcer: Announcer
}

export const [getPage, setPage] = createContext<Page>()
