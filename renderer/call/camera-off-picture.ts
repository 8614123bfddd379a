/** A picture of its own size is sent this often, so that whoever comes later sees it, too. */
const FRAME_MS = 500
const WIDTH = 640
const HEIGHT = 360

/** What those who watch see in place of a camera that is off: a stream without a picture would stand still at its last. */
export class CameraOffPicture {
  readonly track: MediaStreamTrack | null
  readonly #timer: ReturnType<typeof setInterval>

  constructor(words: string) {
    const canvas = document.createElement('canvas')
    canvas.width = WIDTH
    canvas.height = HEIGHT
    const context = canvas.getContext('2d')
    const draw = () => {
      if (!context) return
      context.fillStyle = '#17181c'
      context.fillRect(0, 0, WIDTH, HEIGHT)
      context.fillStyle = '#d6d8de'
      context.font = '28px system-ui, sans-serif'
      context.textAlign = 'center'
      context.textBaseline = 'middle'
      context.fillText(words, WIDTH / 2, HEIGHT / 2, WIDTH - 40)
    }
    this.track = canvas.captureStream().getVideoTracks()[0] ?? null
    draw()
    this.#timer = setInterval(draw, FRAME_MS)
  }

  close(): void {
    clearInterval(this.#timer)
    this.track?.stop()
  }
}
