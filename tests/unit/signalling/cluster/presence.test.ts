import { expect, test } from 'vitest'
import { Presence } from '#signalling/cluster/presence.ts'
import type { RedisLink } from '#signalling/cluster/redis.ts'
import { defaultServerLimits as limits } from '#signalling/server-limits.ts'
import { ManualClock } from '../../../helpers/signalling-domain.ts'

/** A Redis that answers each beat with whether the key was there. */
class LinkDouble {
  isReady = true
  wasThere = true
  onReady: (tell: () => void) => void = (tell) => (this.comeBack = tell)
  comeBack: () => void = () => undefined
  readonly commands = { eval: () => Promise.resolve([this.wasThere ? 1 : 0]) }
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
}

test('whoever waits until all is settled goes on, also when its key has expired in the moment that it was', async () => {
  const [clock, link] = [new ManualClock(), new LinkDouble()]
  const presence = new Presence('a', { link: link as unknown as RedisLink, clock, limits, log: () => undefined })
  await presence.start()
  link.isReady = false
  const settled: string[] = []
  void presence.settled().then(() => settled.push('settled'))
  link.isReady = true
  link.comeBack()
  await turns()
  link.wasThere = false
  clock.advance(limits.clusterSettleMs)
  await turns()
  expect(settled).toEqual([])
  link.wasThere = true
  clock.advance(limits.clusterSettleMs)
  await turns()
  expect(settled).toEqual(['settled'])
})
