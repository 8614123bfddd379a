import type { DesktopApi, HostState } from '#electron/ipc.ts'

/** The meeting server inside the desktop app, as runes see it. In a browser always `off`. */
export class HostView {
  readonly #desktop: DesktopApi
  readonly #stop: () => void
  #state: HostState

  constructor(desktop: DesktopApi, initial: HostState) {
    this.#desktop = desktop
    this.#state = $state.raw(initial)
    this.#stop = desktop.on('hostChanged', (state) => {
      this.#state = state
    })
  }

  get state(): HostState {
    return this.#state
  }

  /** Answers the running server or why there is none; the steps on the way are in `state`. */
  async start(): Promise<HostState> {
    this.#state = await this.#desktop.startHost()
    return this.#state
  }

  async stop(): Promise<void> {
    this.#state = await this.#desktop.stopHost()
  }

  close(): void {
    this.#stop()
  }
}
