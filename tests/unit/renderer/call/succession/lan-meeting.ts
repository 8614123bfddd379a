import { expect, onTestFinished, vi } from 'vitest'
import { Lan } from './lan.ts'
import { Attendee } from './lan-attendee.ts'
import { LanComputer } from './lan-computer.ts'
import { LanKey } from './lan-keys.ts'
import { fakeTime } from './lan-time.ts'

const keys: LanKey[] = []

/** Keys take a while to make. */
const keyAt = async (index: number): Promise<LanKey> => (keys[index] ??= await LanKey.make())

interface Guests {
  /** With the app, in the order they come. */
  readonly desktops?: readonly string[]
  readonly browsers?: readonly string[]
  /** Of the desktops: those who do not let their computer go on with meetings. */
  readonly unwilling?: readonly string[]
}

/** A meeting at the computer of `Hedy`, with everybody seated, and standing who may. */
export const meet = async ({ desktops = [], browsers = [], unwilling = [] }: Guests) => {
  fakeTime()
  const lan = new Lan()
  const hedyComputer = await openComputer(lan, 0)
  hedyComputer.isRunning = true
  hedyComputer.server.openRoom()
  const attendees = new Map<string, Attendee>()
  /** Into the room at the computer of `host`. */
  const come = async (name: string, { computer, host }: { computer: LanComputer | null; host: LanComputer }) => {
    const attendee = new Attendee({ lan, name, computer, host })
    owners.set(computer, attendee)
    attendees.set(name, attendee)
    lan.add(attendee, owners.get(host))
    await attendee.enter()
    return attendee
  }
  let count = 0
  /** With the app. */
  const comeWithComputer = async (name: string, host: LanComputer) => {
    const computer = await openComputer(lan, ++count)
    computer.isWilling = !unwilling.includes(name)
    return await come(name, { computer, host })
  }
  const hedy = await come('Hedy', { computer: hedyComputer, host: hedyComputer })
  for (const name of desktops) await comeWithComputer(name, hedyComputer)
  for (const name of browsers) await come(name, { computer: null, host: hedyComputer })
  onTestFinished(() => {
    for (const attendee of lan.attendees) attendee.vanish()
    vi.clearAllTimers()
  })
  // All links are there, and all who stand do.
  await lan.pass(3000)
  const get = (name: string): Attendee => {
    const found = attendees.get(name)
    if (!found) throw new Error(`Nobody is called ${name}`)
    return found
  }
  return { lan, hedy, get, comeWithComputer, guests: [...desktops, ...browsers].map(get) }
}

const owners = new Map<LanComputer | null, Attendee>()

const openComputer = async (lan: Lan, index: number): Promise<LanComputer> => {
  const computer: LanComputer = new LanComputer({
    ...{ lan, key: await keyAt(index), address: `10.0.0.${String(index + 1)}:8001` },
    owner: () => owners.get(computer)!,
  })
  return computer
}

export const pinOf = ({ computer }: Attendee): string => computer!.key.pin
export const hostOf = ({ computer }: Attendee) => ({ pin: computer!.key.pin, addresses: [computer!.address] })
export const presentAt = ({ computer }: Attendee): readonly string[] => computer!.server.present
export const running = (attendees: readonly Attendee[]): string[] =>
  attendees.filter(({ computer }) => computer?.isRunning === true).map(({ name }) => name)

/** All of these are in the room at the computer of `host`, and know it. */
export const expectAt = (host: Attendee, everybody: readonly Attendee[]) => {
  expect([...presentAt(host)].toSorted()).toEqual(everybody.map(({ name }) => name).toSorted())
  for (const each of everybody)
    if (each === host) expect(each.hosting.phase).toBe('own')
    else expect(each.hosting).toEqual({ phase: 'other', host: hostOf(host), name: host.name })
}

/** All of these are in the room at the computer of the invitation, as at first. */
export const expectHome = (host: Attendee, everybody: readonly Attendee[]) => {
  expect([...presentAt(host)].toSorted()).toEqual(everybody.map(({ name }) => name).toSorted())
  for (const { hosting, name } of everybody) expect(hosting, name).toEqual({ phase: 'invited' })
}
