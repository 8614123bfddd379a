import { powerMonitor, powerSaveBlocker } from 'electron'

/** Keeps the display awake while asked to. */
export class StayAwake {
  #blocker: number | null = null

  /** Repeating the same wish is no error. */
  set(isWanted: boolean): void {
    if (isWanted) this.#blocker ??= powerSaveBlocker.start('prevent-display-sleep')
    else if (this.#blocker !== null) {
      powerSaveBlocker.stop(this.#blocker)
      this.#blocker = null
    }
  }
}

/** Calls `onResume` each time the computer wakes up: its connections are then most likely dead without a sign of it. */
export const watchResume = (onResume: () => void): void => {
  powerMonitor.on('resume', onResume)
}
