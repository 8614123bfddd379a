import type { Inheritance } from '#signalling/protocol.ts'
import type { Log } from '../log.ts'
import type { Signalling } from '../signalling.ts'
import type { OwnComputer } from './own-computer.ts'

interface StandOptions {
  readonly computer: OwnComputer | null
  readonly signalling: Pick<Signalling, 'request'>
  /** The server is inside this app: then the others are told who is at the computer that hosts, whatever the person wishes. */
  readonly isServerHere: boolean
  readonly log: Log
}

/** Lets this computer be one of those that go on with the room. Null when it is none. */
export const standAsHeir = async ({
  computer,
  signalling,
  isServerHere,
  log,
}: StandOptions): Promise<(Inheritance & { readonly pin: string }) | null> => {
  const keys = (await computer?.keys().catch(() => null)) ?? null
  if (!keys || (!isServerHere && computer?.mayInherit() !== true)) return null
  const { pin } = keys
  const stood = await signalling.request('heir:stand', { pin })
  if (stood.ok) return { ...stood.value, pin }
  log('info', `This computer does not go on with the room: ${stood.code}`)
  return null
}
