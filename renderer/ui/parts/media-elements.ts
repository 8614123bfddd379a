import type { Attachment } from 'svelte/attachments'

/** Shows one track in a video element for as long as both are there. */
export const showTrack =
  (track: MediaStreamTrack | null): Attachment<HTMLVideoElement> =>
  (video) => {
    video.srcObject = track === null ? null : new MediaStream([track])
    return () => {
      video.srcObject = null
    }
  }
