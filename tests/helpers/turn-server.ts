import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Clock } from '#signalling/domain/clock.ts'
import { defaultServerLimits, type ServerLimits } from '#signalling/server-limits.ts'
import { createSystemClock } from '#signalling/system-clock.ts'
import { TurnRelay } from '#signalling/turn/turn-relay.ts'
import { TurnClient, type TurnPass } from './turn-client.ts'

export interface TestRelay {
  readonly relay: TurnRelay
  readonly port: number
  readonly log: string[]
  readonly pass: (id?: string) => TurnPass
}

/** A relay on one free port of 127.0.0.1 by UDP and TCP; closed when the test is over. */
export const startTestRelay = async (
  limits: Partial<ServerLimits> = {},
  clock: Clock = createSystemClock(() => undefined),
): Promise<TestRelay> => {
  const log: string[] = []
  const relay = new TurnRelay({
    ...{ limits: { ...defaultServerLimits, ...limits }, clock },
    log: (_level, event) => void log.push(event),
  })
  const tcp = createServer((socket) => relay.takeTcp(socket)).listen(0, '127.0.0.1')
  await once(tcp, 'listening')
  const { port } = tcp.address() as AddressInfo
  await relay.listenUdp(port, '127.0.0.1')
  onTestFinished(async () => {
    tcp.close()
    await relay.close()
  })
  return { relay, port, log, pass: (id = 'somebody') => relay.iceServerFor(id, `localhost:${String(port)}`) ?? {} }
}

const closedAfterwards = async <Client extends TurnClient>(opening: Promise<Client>): Promise<Client> => {
  const client = await opening
  onTestFinished(() => client.close())
  return client
}

/** Clients on a port of 127.0.0.1; closed when the test is over. */
export const openTurn = {
  udp: (port: number) => closedAfterwards(TurnClient.udp(port)),
  tcp: (port: number) => closedAfterwards(TurnClient.tcp(port)),
}
