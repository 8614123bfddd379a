import type { MeetingState } from '../../state/invitation-link.ts'
import type { Meetings } from '../../state/meetings.svelte.ts'

/** Whether this person decides about the room; in front of it, whether this window made it. */
export const isHostOf = (meeting: MeetingState, meetings: Pick<Meetings, 'isHostOf'>): boolean =>
  meeting.phase === 'joined' ? meeting.hosts.includes(meeting.you) : meetings.isHostOf(meeting.room.code)
