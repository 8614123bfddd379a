import { expect, onTestFinished } from 'vitest'
import { Call } from '#renderer/call/call.ts'
import type { CallState, Person } from '#renderer/call/call-state.ts'
import type { Notice } from '#renderer/call/meeting.ts'
import { eventually } from './await-media.ts'
import type { ClientDouble } from './client-double.ts'
import { DevicesDouble } from './devices-double.ts'
import { openMedia } from './link-pair.ts'
import type { ServerDouble } from './server-double.ts'

export const URL = 'http://127.0.0.1:8001'
type Joined = Extract<CallState, { phase: 'joined' }>

class MediaDouble extends DevicesDouble {
  async turnOn(): Promise<void> {
    const { audio, video } = await openMedia()
    const microphone = { phase: 'on', track: audio, deviceId: 'm', label: 'M' } as const
    this.set({ microphone, camera: { phase: 'on', track: video, deviceId: 'c', label: 'C' } })
  }
}

class MemoryDouble {
  record: unknown = null
  readonly load = (): unknown => this.record
  readonly save = (record: object | null): void => {
    this.record = structuredClone(record)
  }
}

/** One person with a page of their own, at `ServerDouble`. */
export class Somebody {
  readonly media = new MediaDouble()
  readonly memory = new MemoryDouble()
  readonly notices: Notice[] = []
  readonly phases: string[] = []
  readonly #server: ServerDouble
  readonly name: string
  client: ClientDouble | null = null
  call: Call

  constructor(server: ServerDouble, name: string) {
    this.#server = server
    this.name = name
    this.call = this.#open()
    onTestFinished(() => {
      this.call.close()
    })
  }

  #open(): Call {
    const openSignalling = () => (this.client = this.#server.open())
    const call = new Call({ media: this.media, memory: this.memory, openSignalling })
    call.on('notice', (notice) => this.notices.push(notice))
    call.on('changed', ({ phase }) => this.phases.push(phase))
    return call
  }

  /** As by a page that is loaded anew. */
  reload(): void {
    this.call.close()
    this.call = this.#open()
  }

  get state(): Joined {
    expect(this.call.state.phase).toBe('joined')
    return this.call.state as Joined
  }

  person(name: string): Person {
    const person = this.state.people.find((each) => each.name === name)
    expect(person, `${name} as seen by ${this.name}`).toBeDefined()
    return person!
  }

  async enter(): Promise<this> {
    await this.call.open(URL, this.#server.code)
    await this.call.join(this.name)
    return this
  }

  async sees(...names: string[]): Promise<void> {
    await eventually(() => {
      expect(this.state.people.map(({ name, link }) => `${name} ${link}`)).toEqual(
        names.map((name) => `${name} connected`),
      )
    })
  }
}

/** Everyone joins, one after the other, and sees all the others. */
export const enter = async (server: ServerDouble, ...names: string[]): Promise<Somebody[]> => {
  const people: Somebody[] = []
  for (const name of names) people.push(await new Somebody(server, name).enter())
  for (const person of people) await person.sees(...names.filter((name) => name !== person.name))
  return people
}
