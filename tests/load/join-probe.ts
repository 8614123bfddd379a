/**
 * Tells from inside a page when "Join" was pressed and when the first frame that came over the network was shown, in
 * milliseconds since 1970, so that two pages can be compared. Handed to `page.addInitScript`: it must not use anything
 * from outside itself.
 */
interface JoinProbe {
  /** When a button named Join was last pressed. */
  pressedAt: number
  /** When each video that showed a frame from the network showed its first. */
  readonly firstFrames: number[]
}

declare global {
  interface Window {
    joinProbe: JoinProbe
  }
}

export const installJoinProbe = (): void => {
  const probe: JoinProbe = { pressedAt: 0, firstFrames: [] }
  window.joinProbe = probe
  const sinceEpoch = (now: number) => performance.timeOrigin + now

  document.addEventListener(
    'click',
    (event) => {
      const button = event.target instanceof Element ? event.target.closest('button') : null
      if (button?.textContent.trim() === 'Join') probe.pressedAt = sinceEpoch(event.timeStamp)
    },
    { capture: true },
  )

  // Only a frame from the network has an RTP timestamp (W3C video-rvfc, section "metadata").
  const watch = (video: HTMLVideoElement): void => {
    video.requestVideoFrameCallback((now, { rtpTimestamp }) => {
      if (rtpTimestamp === undefined) watch(video)
      else probe.firstFrames.push(sinceEpoch(now))
    })
  }
  const source = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'srcObject')
  if (!source) throw new Error('no srcObject')
  Object.defineProperty(HTMLMediaElement.prototype, 'srcObject', {
    ...source,
    set(this: HTMLMediaElement, stream: MediaStream | null) {
      source.set?.call(this, stream)
      if (stream && this instanceof HTMLVideoElement) watch(this)
    },
  })
}

export interface PictureSize {
  readonly width: number
  readonly height: number
}

/** Has a page open its camera in this size, whatever it asks for. Handed to `page.addInitScript`, as above. */
export const takePictures = (size: PictureSize): void => {
  const devices = navigator.mediaDevices
  const open = devices.getUserMedia.bind(devices)
  devices.getUserMedia = (constraints) =>
    open(
      typeof constraints?.video === 'object'
        ? { ...constraints, video: { ...constraints.video, ...size } }
        : constraints,
    )
}
