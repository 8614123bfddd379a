import type { Attachment } from 'svelte/attachments'

/** The sound of everyone else: one audio element each, on the chosen speaker, and what to do when the browser is silent. */
export class SoundOutput {
  #blocked: readonly HTMLAudioElement[]

  constructor() {
    this.#blocked = $state.raw([])
  }

  /** Whether a browser's autoplay rule keeps somebody silent until the person presses something. */
  get isBlocked(): boolean {
    return this.#blocked.length > 0
  }

  /** Plays one track in an audio element for as long as both are there. */
  play(track: MediaStreamTrack | null): Attachment<HTMLAudioElement> {
    return (audio) => {
      if (track === null) return
      audio.srcObject = new MediaStream([track])
      this.#start(audio)
      return () => {
        this.#forget(audio)
        audio.srcObject = null
      }
    }
  }

  /** Empty: the default of the system. */
  through(speakerId: string): Attachment<HTMLAudioElement> {
    return (audio) => {
      if (!('setSinkId' in audio)) return
      // A speaker that is gone: the sound stays where it is, which is the system's default.
      audio.setSinkId(speakerId).catch(() => undefined)
    }
  }

  /** Call from a click: that is what the browser waits for. */
  unblock(): void {
    for (const audio of this.#blocked) this.#start(audio)
  }

  #start(audio: HTMLAudioElement): void {
    audio.play().then(
      () => this.#forget(audio),
      (cause: unknown) => {
        const isRefused = cause instanceof DOMException && cause.name === 'NotAllowedError'
        if (isRefused && audio.srcObject !== null && !this.#blocked.includes(audio))
          this.#blocked = [...this.#blocked, audio]
      },
    )
  }

  #forget(audio: HTMLAudioElement): void {
    if (this.#blocked.includes(audio)) this.#blocked = this.#blocked.filter((blocked) => blocked !== audio)
  }
}
