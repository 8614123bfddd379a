import { door, hosting, knocks, security, trust } from './en-door.ts'
import { access, afterCall, home, meeting, settings } from './en-outside.ts'
import { asked, hostSheet, nearby, privacy, qr, reach, warned } from './en-lan.ts'
import { goLive, live } from './en-live.ts'
import {
  brokenInvitation,
  callProblems,
  deviceProblems,
  endReasons,
  hostFailures,
  noMeetingCalled,
} from './en-problems.ts'
import { succession } from './en-succession.ts'
import { trouble } from './en-trouble.ts'
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
  nearby,
  asked,
  hostSheet,
  reach,
  qr,
  warned,
  privacy,
  meeting,
  access,
  greenRoom,
  door,
  devices,
  invitation,
  room,
  succession,
  trouble,
  knocks,
  hosting,
  trust,
  security,
  panel,
  documents,
  shortcuts,
  announcements,
  live,
  goLive,
  afterCall,
  callProblems,
  noMeetingCalled,
  brokenInvitation,
  deviceProblems,
  endReasons,
  hostFailures,
}
