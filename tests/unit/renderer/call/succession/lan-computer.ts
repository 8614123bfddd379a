import type { FoundHost, HostKeys, WantedHost } from '#electron/ipc.ts'
import type { OwnComputer, OwnServer } from '#renderer/call/succession/own-computer.ts'
import { randomId } from '#renderer/call/random-id.ts'
import type { Lan } from './lan.ts'
import type { Attendee } from './lan-attendee.ts'
import type { LanKey } from './lan-keys.ts'
import { LanServer } from './lan-server.ts'

const broken = (): Promise<never> => Promise.reject(new Error('refused'))

/** What a server needs from a click to the first connection. */
const START_MS = 600

/** The computer of somebody with the app: what its page may do with it, and the server inside. */
export class LanComputer implements OwnComputer {
  readonly key: LanKey
  readonly server: LanServer
  readonly #lan: Lan
  readonly #owner: () => Attendee
  readonly #ownerKey = randomId()
  address: string
  isRunning = false
  isFirewalled = false
  isWilling = true
  /** What the app is asked for is refused. */
  isBroken = false
  /** What comes of a start. */
  starting: 'starts' | 'fails' | 'throws' | 'hangs' = 'starts'
  starts = 0
  /** The page has started it, and has to end it. */
  isOurs = false

  constructor({ lan, key, address, owner }: { lan: Lan; key: LanKey; address: string; owner: () => Attendee }) {
    this.#lan = lan
    this.key = key
    this.address = address
    this.#owner = owner
    this.server = new LanServer(key, this.#ownerKey)
  }

  readonly mayInherit = (): boolean => this.isWilling

  readonly keys = (): Promise<HostKeys | null> =>
    this.isBroken ? broken() : Promise.resolve({ pin: this.key.pin, ownerKey: this.#ownerKey })

  readonly startServer = async (): Promise<OwnServer | null> => {
    if (!this.isRunning) {
      this.starts++
      if (this.starting === 'throws') throw new Error('No such program')
      await this.#lan.wait(this.starting === 'hangs' ? 60_000 : START_MS)
      if (this.starting === 'fails') return null
      this.isOurs = !this.isRunning
      this.isRunning = true
    }
    return { url: 'http://127.0.0.1:8001', host: { pin: this.key.pin, addresses: [this.address] } }
  }

  readonly stopServer = async (): Promise<void> => {
    if (this.isBroken) await broken()
    if (this.isOurs) await this.quit()
    this.isOurs = false
  }

  readonly findHost = (wanted: WantedHost): Promise<FoundHost> =>
    this.isBroken ? broken() : this.#lan.findHost(this.#owner(), wanted)

  /** The server says so and ends. */
  async quit(): Promise<void> {
    this.server.say('server:stopping', undefined)
    await this.#lan.wait(100)
    this.isRunning = false
    this.server.dropAll()
  }
}
