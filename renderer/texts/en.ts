import { access, afterCall, home, meeting, settings } from './en-outside.ts'
import { goLive, live } from './en-live.ts'
import { callProblems, deviceProblems, endReasons, hostFailures, noMeetingCalled } from './en-problems.ts'
import { announcements, devices, documents, greenRoom, invitation, panel, room, shortcuts } from './en-meeting.ts'

/** English, complete. */
export const en = {
  language: 'en',
  direction: 'ltr' as 'ltr' | 'rtl',
  app: 'Earshot',
  tryAgain: 'Try again',
  cancel: 'Cancel',
  close: 'Close',
  backToHome: 'Back to Home',
  reload: 'Reload',
  brokenPart: 'This part of the page stopped working. The call goes on.',
  brokenScreen: 'This screen could not be loaded.',
  home,
  settings,
  meeting,
  access,
  greenRoom,
  devices,
  invitation,
  room,
  panel,
  documents,
  shortcuts,
  announcements,
  live,
  goLive,
  afterCall,
  callProblems,
  noMeetingCalled,
  deviceProblems,
  endReasons,
  hostFailures,
}
