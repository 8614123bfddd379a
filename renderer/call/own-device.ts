import type { DeviceChoice, DeviceProblem, DeviceState } from './call-state.ts'
import { chooseDevice, isToBeExchanged, type WantedDevice } from './device-choice.ts'
import { nameDeviceProblem } from './device-problem.ts'
import { Emitter } from './emitter.ts'

/** `silent`: open, but sends nothing. */
export type Openness = 'closed' | 'silent' | 'live'

interface Wish {
  readonly openness: Openness
  readonly device: WantedDevice
}

/** Opens the device; null is whichever the system prefers. Rejects like `getUserMedia`. */
export type OpenTrack = (device: DeviceChoice | null) => Promise<MediaStreamTrack>

interface OwnDeviceOptions {
  readonly open: OpenTrack
  readonly list: () => Promise<readonly DeviceChoice[]>
}

interface OwnDeviceEvents {
  readonly changed: [DeviceState]
}

/** Trouble that another device, or the same one plugged in again, may end. A refusal is not asked about again. */
const isOverWithAnotherDevice = (problem: DeviceProblem): boolean =>
  problem === 'unplugged' || problem === 'none-found' || problem === 'in-use'

/**
 * One own camera or microphone: opens, silences, switches and closes it, one thing after the other; of several wishes
 * the last one counts. It is never more open than the last wish said, whatever happens meanwhile.
 */
export class OwnDevice {
  readonly #options: OwnDeviceOptions
  readonly #events = new Emitter<OwnDeviceEvents>()
  #state: DeviceState = { phase: 'off' }
  #wish: Wish = { openness: 'closed', device: { id: '', label: '' } }
  #track: MediaStreamTrack | null = null
  /** Was taken from us while open. */
  #isLost = false
  #work: Promise<void> | null = null
  #fulfilled: Wish | null = null
  /** Names of devices that were open, by id: one that is plugged in again may have another id. */
  readonly #labels = new Map<string, string>()

  constructor(options: OwnDeviceOptions) {
    this.#options = options
  }

  on<Name extends keyof OwnDeviceEvents>(name: Name, listener: (...args: OwnDeviceEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  get state(): DeviceState {
    return this.#state
  }
  get openness(): Openness {
    return this.#wish.openness
  }

  /** Resolves when the last wish is fulfilled or has failed. `openFirst` is used for the first try to open. */
  async want(wish: Partial<Wish>, openFirst?: OpenTrack): Promise<void> {
    this.#wish = { ...this.#wish, ...wish }
    // At once, whatever is still on its way.
    if (this.#track && this.#wish.openness !== 'live') this.#track.enabled = false
    await this.#settle(openFirst)
  }

  /** The devices there are have changed. */
  async reconsider(available: readonly DeviceChoice[]): Promise<void> {
    if (this.#wish.openness === 'closed' || this.#work) return
    const isBetter = this.#track
      ? isToBeExchanged(this.#track.getSettings().deviceId ?? '', available, this.#wish.device)
      : this.#state.phase === 'failed' && isOverWithAnotherDevice(this.#state.problem) && available.length > 0
    if (!isBetter) return
    this.#isLost = false
    await this.#settleAnew()
  }

  async #settleAnew(): Promise<void> {
    this.#wish = { ...this.#wish }
    await this.#settle()
  }

  async #settle(openFirst?: OpenTrack): Promise<void> {
    while (this.#fulfilled !== this.#wish) {
      this.#work ??= this.#fulfil(openFirst).finally(() => {
        this.#work = null
      })
      await this.#work
    }
  }

  async #fulfil(openFirst?: OpenTrack): Promise<void> {
    let open = openFirst ?? this.#options.open
    while (this.#fulfilled !== this.#wish) {
      const wish = this.#wish
      if (wish.openness === 'closed') this.#close()
      else await this.#open(wish, open)
      this.#fulfilled = wish
      open = this.#options.open
    }
  }

  async #open(wish: Wish, open: OpenTrack): Promise<void> {
    try {
      const { id, label } = wish.device
      const chosen = await this.#choose({ id, label: this.#labels.get(id) ?? label })
      if (!this.#isToBeOpen()) return
      if (chosen !== 'keep') await this.#exchange(chosen, open)
      if (this.#track && this.#isToBeOpen()) this.#showOpen(this.#track)
    } catch (error) {
      this.#release()
      const problem = nameDeviceProblem(error)
      this.#show({ phase: 'failed', problem: this.#isLost && problem === 'none-found' ? 'unplugged' : problem })
    }
  }

  /** `keep`: what is open is right; null: whichever the system prefers. */
  async #choose(wanted: WantedDevice): Promise<DeviceChoice | 'keep' | null> {
    const openId = this.#track?.getSettings().deviceId
    // The usual case needs no look at the devices, and must not wait for one: muting and unmuting.
    if (openId !== undefined && (wanted.id === '' || wanted.id === openId)) return 'keep'
    if (!this.#track) this.#show({ phase: 'opening' })
    const available = await this.#options.list()
    if (this.#isLost && available.length === 0) throw new DOMException('None is left', 'NotFoundError')
    if (openId !== undefined && !isToBeExchanged(openId, available, wanted)) return 'keep'
    // Before the first permission devices have no names, and an id cannot be looked up.
    const isKnown = available.some(({ id }) => id !== '')
    return isKnown ? chooseDevice(available, wanted) : wanted.id === '' ? null : wanted
  }

  async #exchange(chosen: DeviceChoice | null, open: OpenTrack): Promise<void> {
    const former = this.#track
    const formerDevice = former && { id: former.getSettings().deviceId ?? '', label: former.label }
    try {
      this.#take(await open(chosen))
      former?.stop()
    } catch (error) {
      if (!formerDevice || nameDeviceProblem(error) !== 'in-use') throw error
      // Many cameras cannot be opened while another one is (Windows, USB hubs): close first, then try again.
      this.#release()
      await this.#openAfterClosing(chosen, formerDevice)
    }
  }

  async #openAfterClosing(chosen: DeviceChoice | null, former: DeviceChoice): Promise<void> {
    const { open } = this.#options
    try {
      this.#take(await open(chosen))
    } catch {
      // Better the device that worked than none.
      this.#take(await open(former))
      this.#wish = { ...this.#wish, device: former }
    }
  }

  #take(track: MediaStreamTrack): void {
    this.#track = track
    this.#isLost = false
    track.enabled = this.#wish.openness === 'live'
    track.addEventListener('ended', () => {
      if (track === this.#track) void this.#lose()
    })
  }

  async #lose(): Promise<void> {
    this.#track = null
    this.#isLost = true
    await this.#work
    if (!this.#hasTrack() && this.#isToBeOpen()) await this.#settleAnew()
  }

  #hasTrack(): boolean {
    return this.#track !== null
  }

  #isToBeOpen(): boolean {
    return this.#wish.openness !== 'closed'
  }

  #showOpen(track: MediaStreamTrack): void {
    const isLive = this.#wish.openness === 'live'
    track.enabled = isLive
    const deviceId = track.getSettings().deviceId ?? ''
    this.#labels.set(deviceId, track.label)
    this.#show({ phase: isLive ? 'on' : 'muted', track, deviceId, label: track.label })
  }

  #close(): void {
    this.#release()
    this.#isLost = false
    this.#show({ phase: 'off' })
  }

  #release(): void {
    const track = this.#track
    this.#track = null
    track?.stop()
  }

  #show(state: DeviceState): void {
    this.#state = state
    this.#events.emit('changed', state)
  }
}
