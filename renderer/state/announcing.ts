import type { Announcement, DesktopApi, HostState } from '#electron/ipc.ts'
import type { CallState } from '../call/call-state.ts'
import { isGuarded } from '../call/door.ts'
import type { CallView } from './call.svelte.ts'
import type { HostView } from './host.svelte.ts'
import { isHostedBy } from './invitation-link.ts'
import type { SettingsView } from './settings.svelte.ts'

interface Parts {
  readonly call: CallView
  readonly host: HostView
  readonly settings: SettingsView
  readonly desktop: DesktopApi
}

const announcementOf = (state: CallState, host: HostState, ownName: string): Announcement | null => {
  if (state.phase !== 'green-room' && state.phase !== 'joined') return null
  if (!isHostedBy(host, state.serverUrl)) return null
  const { code, title } = state.room
  const [name, door] = state.phase === 'joined' ? [state.name, state.door] : [ownName, state.room.door]
  return { code, title, name, isGuarded: isGuarded(door) }
}

/**
 * Lets the network know of the meeting that is hosted here, as long as this person is in it or in front of it. Answers its
 * own end, which leaves the last word standing: a page that is loaded anew goes on where it was.
 */
export const announceMeeting = ({ call, host, settings, desktop }: Parts): (() => void) => {
  /** Null before the first word: what a former page said may still stand. */
  let said: string | null = null

  const follow = (): void => {
    const { state } = call.controls
    if (host.state.phase !== 'running') said = JSON.stringify(null)
    else if (state.phase !== 'opening') {
      const meeting = announcementOf(state, host.state, settings.current.name)
      const word = JSON.stringify(meeting)
      if (word === said) return
      said = word
      desktop.announce(meeting).catch((cause: unknown) => {
        void desktop.log('warn', `the meeting is not announced: ${String(cause)}`)
      })
    }
  }

  const stops = [call.controls.on('changed', follow), desktop.on('hostChanged', follow)]
  return () => {
    for (const stop of stops) stop()
  }
}
