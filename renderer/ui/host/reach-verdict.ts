import type { AppInfo, HostState, ReachReport } from '#electron/ipc.ts'
import type { Texts } from '../../texts/texts.ts'

interface ReachVerdict {
  /** `good`: somebody was here. `fair`: nothing is known to be in the way. `bad`: something is. */
  readonly tone: 'good' | 'fair' | 'bad'
  readonly what: string
  /** The one step to take, or what is known beside. */
  readonly next: string
}

/** What a check of this computer means for those who want to come in. That somebody came outweighs every guess. */
export const verdictOn = (
  report: ReachReport,
  host: Extract<HostState, { phase: 'running' }>,
  platform: AppInfo['platform'],
  words: Texts['reach'],
): ReachVerdict => {
  if (host.addresses.length === 0) return { tone: 'bad', what: words.noNetwork, next: words.noNetworkNext }
  if (report.wasReached) return { tone: 'good', what: words.reached, next: words.reachedNext }
  if (report.firewall === 'blocks') {
    return { tone: 'bad', what: words.blocked, next: words.firewallSteps[platform](host.port) }
  }
  if (report.answering.length === 0) return { tone: 'bad', what: words.silent, next: words.silentNext }
  const next = report.firewall === 'unknown' ? words.answersUnknown(platform, host.port) : words.answersFirewall
  return { tone: 'fair', what: words.answers, next }
}
