import type { DesktopApi, RecentMeeting } from '#electron/ipc.ts'
import type { CallState } from '../call/call-state.ts'
import type { CallView } from './call.svelte.ts'
import { HostMoves } from './host-moves.ts'
import type { MediaView } from './media.svelte.ts'
import type { SettingsView } from './settings.svelte.ts'

interface Parts {
  readonly call: CallView
  readonly media: MediaView
  readonly settings: SettingsView
  readonly desktop: DesktopApi
  /** What a recent meeting keeps of the invitation. */
  readonly linkToRemember: (state: Joined) => string
}

type Joined = Extract<CallState, { phase: 'joined' }>

/** What the devices should be in this state; `keep` while one is on the way. */
const mediaFor = (state: CallState): 'green-room' | 'resume' | 'closed' | 'keep' => {
  switch (state.phase) {
    case 'green-room':
      return 'green-room'
    case 'joined':
      return 'resume'
    case 'opening':
      return state.goal === 'resume' ? 'resume' : 'keep'
    case 'idle':
    case 'ended':
    case 'failed':
      return 'closed'
  }
}

/**
 * What the page does for a call beside showing it: opens and closes camera and microphone, follows a host who asks for
 * silence, tells the desktop, keeps the meeting among the recent ones, wherever it runs, and passes on that the network
 * changed. Answers its own end.
 */
export const attendCall = ({ call, media, settings, desktop, linkToRemember }: Parts): (() => void) => {
  let before: CallState = { phase: 'idle' }
  let areDevicesOpen = false
  let moves: HostMoves | null = null
  let kept: RecentMeeting | null = null

  const report = (cause: unknown) => void desktop.log('error', `devices did not follow: ${String(cause)}`)
  const followDevices = (state: CallState): void => {
    const goal = mediaFor(state)
    if (goal === 'keep' || areDevicesOpen === (goal !== 'closed')) return
    areDevicesOpen = goal !== 'closed'
    if (goal === 'closed') media.controls.close()
    else media.open(goal).catch(report)
  }
  const remember = (state: Joined): void => {
    const { room, serverUrl, since } = state
    const meeting = { code: room.code, serverUrl, title: room.title, at: since, link: linkToRemember(state) }
    settings.rememberMeeting(meeting, kept)
    kept = meeting
  }
  const follow = (): void => {
    const state = call.controls.state
    const [wasJoined, isJoined] = [before.phase === 'joined', state.phase === 'joined']
    before = state
    followDevices(state)
    if (wasJoined !== isJoined) void desktop.setInCall(isJoined).catch(report)
    if (state.phase !== 'joined') return
    if (!wasJoined) {
      moves = new HostMoves(state.hosting)
      kept = null
      remember(state)
    } else if (moves?.take(state.hosting) || state.serverUrl !== kept?.serverUrl) remember(state)
  }
  const checkNetwork = (): void => {
    call.controls.reconnectNow()
    call.controls.checkLinks()
  }

  const stops = [
    call.controls.on('changed', follow),
    call.controls.on('notice', ({ kind }) => {
      if (kind === 'muted') media.silence().catch(report)
    }),
    desktop.on('networkChanged', checkNetwork),
  ]
  window.addEventListener('online', checkNetwork)
  follow()
  return () => {
    for (const stop of stops) stop()
    window.removeEventListener('online', checkNetwork)
  }
}
