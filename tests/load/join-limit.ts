import type { PictureSize } from './join-probe.ts'

/**
 * As fast as it can be: two peer connections in one page that hand each other everything directly, with the camera open
 * before. Resolves with the milliseconds until both show a frame of the other. Runs inside a page and must not use
 * anything from outside itself.
 *
 * Opens the camera as the people of the comparison do (`takePictures`).
 */
export const measureLimit = async (size: PictureSize): Promise<number> => {
  const camera = await navigator.mediaDevices.getUserMedia({
    video: { ...size, frameRate: { ideal: 30 } },
    audio: true,
  })
  const startedAt = performance.now()
  const ends = [new RTCPeerConnection(), new RTCPeerConnection()] as const
  const [left, right] = ends
  const videos: HTMLVideoElement[] = []
  const firstFrame = (connection: RTCPeerConnection): Promise<number> =>
    new Promise((resolve) => {
      connection.addEventListener('track', ({ track }) => {
        if (track.kind !== 'video') return
        const video = Object.assign(document.createElement('video'), { muted: true, autoplay: true })
        video.srcObject = new MediaStream([track])
        videos.push(video)
        document.body.append(video)
        video.requestVideoFrameCallback((now) => resolve(now))
      })
    })
  const shown = Promise.all(ends.map(firstFrame))
  left.addEventListener('icecandidate', ({ candidate }) => void right.addIceCandidate(candidate ?? undefined))
  right.addEventListener('icecandidate', ({ candidate }) => void left.addIceCandidate(candidate ?? undefined))
  for (const end of ends) for (const track of camera.getTracks()) end.addTrack(track, camera)
  await left.setLocalDescription()
  if (left.localDescription) await right.setRemoteDescription(left.localDescription)
  await right.setLocalDescription()
  if (right.localDescription) await left.setRemoteDescription(right.localDescription)
  const tookMs = Math.max(...(await shown)) - startedAt
  for (const end of ends) end.close()
  for (const video of videos) video.remove()
  for (const track of camera.getTracks()) track.stop()
  return tookMs
}
