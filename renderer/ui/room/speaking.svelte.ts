import { watchLevel } from '../../call/level-meter.ts'
import { SpeakingGate } from './speaking-gate.ts'

/** Whether somebody is speaking on a track. Make it while a component is set up; it ends with the component. */
export class Speaking {
  #isSpeaking: boolean

  /** `track` is read as runes are; null while there is nothing to hear. */
  constructor(track: () => MediaStreamTrack | null) {
    this.#isSpeaking = $state(false)
    $effect(() => {
      const source = track()
      if (source === null) return
      const gate = new SpeakingGate()
      const stop = watchLevel(source, (level) => {
        const isSpeaking = gate.hear(level, performance.now())
        if (isSpeaking !== this.#isSpeaking) this.#isSpeaking = isSpeaking
      })
      return () => {
        stop()
        this.#isSpeaking = false
      }
    })
  }

  get isSpeaking(): boolean {
    return this.#isSpeaking
  }
}
