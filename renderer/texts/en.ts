import { afterCall, home, meeting, settings } from './en-outside.ts'
import { callProblems, deviceProblems, endReasons, hostFailures } from './en-problems.ts'
import { announcements, devices, greenRoom, invitation, panel, room, shortcuts } from './en-meeting.ts'

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
  greenRoom,
  devices,
  invitation,
  room,
  panel,
  shortcuts,
  announcements,
  afterCall,
  callProblems,
  deviceProblems,
  endReasons,
  hostFailures,
}
