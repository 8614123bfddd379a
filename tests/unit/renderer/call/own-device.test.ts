import { describe, expect, it } from 'vitest'
import type { DeviceChoice } from '#renderer/call/call-state.ts'
import { OwnDevice } from '#renderer/call/own-device.ts'
import { eventually } from './await-media.ts'

/** A track of silence that says which device it is from. */
class TrackDouble extends EventTarget {
  readonly kind = 'audio'
  readonly label: string
  readonly #id: string
  enabled = true
  readyState: 'live' | 'ended' = 'live'

  constructor({ id, label }: DeviceChoice) {
    super()
    this.#id = id
    this.label = label
  }
  getSettings(): MediaTrackSettings {
    return { deviceId: this.#id }
  }
  stop(): void {
    this.readyState = 'ended'
  }
  unplug(): void {
    this.readyState = 'ended'
    this.dispatchEvent(new Event('ended'))
  }
}

const built = { id: 'b', label: 'Built in' }
const headset = { id: 'h', label: 'Headset' }

/** A computer with devices; `opening` gates each call of `open`. */
class Computer {
  plugged: DeviceChoice[] = [built, headset]
  readonly tracks: TrackDouble[] = []
  readonly opened: (string | null)[] = []
  errors: Error[] = []
  gate: Promise<unknown> = Promise.resolve()
  readonly device = new OwnDevice({ open: (choice) => this.#open(choice), list: () => Promise.resolve(this.plugged) })
  readonly phases: string[] = []

  constructor() {
    this.device.on('changed', ({ phase }) => this.phases.push(phase))
  }

  get live(): TrackDouble[] {
    return this.tracks.filter(({ readyState }) => readyState === 'live')
  }

  async #open(choice: DeviceChoice | null): Promise<MediaStreamTrack> {
    this.opened.push(choice?.id ?? null)
    await this.gate
    const error = this.errors.shift()
    if (error) throw error
    const found = this.plugged.find(({ id }) => id === (choice?.id ?? built.id))
    if (!found) throw new DOMException('', 'NotFoundError')
    const track = new TrackDouble(found)
    this.tracks.push(track)
    return track as unknown as MediaStreamTrack
  }
}

describe('an own device', () => {
  it('opens, is silent without being closed, and closes', async () => {
    const computer = new Computer()
    const { device } = computer
    await device.want({ openness: 'live' })
    expect(device.state).toMatchObject({ phase: 'on', deviceId: 'b', label: 'Built in' })
    await device.want({ openness: 'silent' })
    expect(device.state.phase).toBe('muted')
    expect(computer.tracks[0]).toMatchObject({ enabled: false, readyState: 'live' })
    await device.want({ openness: 'live' })
    expect(computer.opened).toHaveLength(1)
    await device.want({ openness: 'closed' })
    expect(device.state).toEqual({ phase: 'off' })
    expect(computer.tracks[0]?.readyState).toBe('ended')
    expect(computer.live).toEqual([])
  })

  it('is silent from the moment that it is wished, even while it is being switched', async () => {
    const computer = new Computer()
    await computer.device.want({ openness: 'live' })
    const gate = Promise.withResolvers<undefined>()
    computer.gate = gate.promise
    const switching = computer.device.want({ device: headset })
    const muting = computer.device.want({ openness: 'silent' })
    expect(computer.tracks[0]?.enabled).toBe(false)
    gate.resolve(undefined)
    await Promise.all([switching, muting])
    expect(computer.device.state).toMatchObject({ phase: 'muted', deviceId: 'h' })
    expect(computer.live.map(({ enabled }) => enabled)).toEqual([false])
  })

  it('closes what was still opening when it is no longer wished', async () => {
    const computer = new Computer()
    const gate = Promise.withResolvers<undefined>()
    computer.gate = gate.promise
    const wishes = [
      computer.device.want({ openness: 'live' }),
      computer.device.want({ openness: 'closed' }),
      computer.device.want({ openness: 'live' }),
      computer.device.want({ openness: 'closed' }),
    ]
    gate.resolve(undefined)
    await Promise.all(wishes)
    expect(computer.device.state.phase).toBe('off')
    expect(computer.phases).not.toContain('on')
    expect(computer.live).toEqual([])
  })

  it('opens the new device before it lets the former one go', async () => {
    const computer = new Computer()
    await computer.device.want({ openness: 'live' })
    await computer.device.want({ device: headset })
    expect(computer.opened).toEqual(['b', 'h'])
    expect(computer.tracks.map(({ readyState }) => readyState)).toEqual(['ended', 'live'])
    expect(computer.phases).toEqual(['opening', 'on', 'on'])
  })

  it('lets the former one go first where both cannot be open, and goes back when that does not help', async () => {
    const computer = new Computer()
    await computer.device.want({ openness: 'live' })
    const busy = () => new DOMException('', 'NotReadableError')
    computer.errors = [busy()]
    await computer.device.want({ device: headset })
    expect(computer.device.state).toMatchObject({ phase: 'on', deviceId: 'h' })
    computer.errors = [busy(), busy()]
    await computer.device.want({ device: built })
    expect(computer.device.state).toMatchObject({ phase: 'on', deviceId: 'h' })
    expect(computer.live).toHaveLength(1)
  })

  it('falls back to another one when it is unplugged, and comes back when it is plugged in', async () => {
    const computer = new Computer()
    await computer.device.want({ openness: 'silent', device: headset })
    computer.plugged = [built]
    computer.tracks[0]?.unplug()
    await eventually(() => {
      expect(computer.device.state).toMatchObject({ phase: 'muted', deviceId: 'b' })
    })
    computer.plugged = [built, { ...headset, id: 'h2' }]
    await computer.device.reconsider(computer.plugged)
    expect(computer.device.state).toMatchObject({ phase: 'muted', deviceId: 'h2' })
    expect(computer.live.map(({ enabled }) => enabled)).toEqual([false])
  })

  it('says that it was unplugged when nothing else is there, and goes on when something is', async () => {
    const computer = new Computer()
    await computer.device.want({ openness: 'live' })
    computer.plugged = []
    computer.tracks[0]?.unplug()
    await eventually(() => {
      expect(computer.device.state).toEqual({ phase: 'failed', problem: 'unplugged' })
    })
    await computer.device.reconsider([])
    expect(computer.device.state.phase).toBe('failed')
    computer.plugged = [built]
    await computer.device.reconsider(computer.plugged)
    expect(computer.device.state).toMatchObject({ phase: 'on', deviceId: 'b' })
  })

  it('does not ask again after a refusal until it is wished again', async () => {
    const computer = new Computer()
    computer.errors = [new DOMException('', 'NotAllowedError')]
    await computer.device.want({ openness: 'live' })
    expect(computer.device.state).toEqual({ phase: 'failed', problem: 'refused-by-person' })
    await computer.device.reconsider(computer.plugged)
    expect(computer.opened).toHaveLength(1)
    await computer.device.want({ openness: 'live' })
    expect(computer.device.state.phase).toBe('on')
  })

  it('that is closed stays closed, whatever is plugged in', async () => {
    const computer = new Computer()
    await computer.device.want({ device: headset })
    await computer.device.reconsider(computer.plugged)
    expect(computer.opened).toEqual([])
    expect(computer.device.state).toEqual({ phase: 'off' })
  })
})
