import { readFirewall } from './firewall.ts'
import type { HostState, ReachReport } from './ipc.ts'
import { askForCertificate, pinOf } from './tls-key.ts'

/** This computer answers itself in milliseconds, or not at all. */
const ANSWER_TIMEOUT_MS = 3000

export interface ReachQuestion {
  readonly host: HostState
  readonly checkMulticast: () => Promise<boolean>
  /** Whether anybody from another computer has reached the server. */
  readonly wasReached: boolean
  readonly readFirewall?: (port: number) => Promise<ReachReport['firewall']>
}

/** Own addresses at which the server that runs here proves to hold its key, best first. */
const findAnswering = async (host: HostState): Promise<readonly string[]> => {
  if (host.phase !== 'running') return []
  const { port, identity } = host
  const answers = await Promise.all(
    host.addresses.map(async ({ address }) => {
      const certificate = await askForCertificate({ host: address, port }, AbortSignal.timeout(ANSWER_TIMEOUT_MS))
      return certificate !== null && pinOf(certificate) === identity.pin ? [address] : []
    }),
  )
  return answers.flat()
}

/** What stands in the way of others; of a server that does not run, only what can be told of the system. */
export const checkReach = async (question: ReachQuestion): Promise<ReachReport> => {
  const { host, wasReached } = question
  const firewallOf = question.readFirewall ?? readFirewall
  const [answering, firewall, multicast] = await Promise.all([
    findAnswering(host),
    host.phase === 'running' ? firewallOf(host.port) : ('unknown' as const),
    question.checkMulticast(),
  ])
  return { answering, firewall, multicast, wasReached }
}
