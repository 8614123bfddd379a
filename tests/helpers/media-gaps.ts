/** How long sound and picture of others stood still in a page, by what its own connections count. */
import type { Page } from 'playwright'

interface Watching {
  connections: RTCPeerConnection[]
  gaps: Record<string, Gaps>
  lookedAt: number
}
/** The longest time without a packet from one person, in milliseconds. */
export interface Gaps {
  sound: number
  picture: number
}

/** Opus as browsers send it: a packet each 20 ms. */
const SOUND_PACE_MS = 20

/** Runs in the page before it makes its first connection: they are kept where `watchGaps` finds them. */
export const keepConnections = (): void => {
  const connections: RTCPeerConnection[] = []
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration)
      connections.push(this)
    }
  }
  Object.assign(window, { connections })
}

/**
 * From now on, until `readGaps`. What counts is the track that the tile of a person plays: one that is not there any more, or
 * that was replaced by one to which nothing comes, stands still. Looks ten times a second.
 */
export const watchGaps = async (page: Page, people: readonly string[]): Promise<void> => {
  await page.evaluate(
    ({ names, SOUND_PACE_MS }) => {
      const world = window as unknown as Watching
      const players = { sound: 'audio', picture: 'video' } as const
      world.gaps = Object.fromEntries(names.map((name) => [name, { sound: 0, picture: 0 }]))
      const now = () => performance.timeOrigin + performance.now()
      const seen = new Map<string, { packets: number; at: number; track: string }>()

      const received = async (name: string, player: 'audio' | 'video') => {
        const element = document.querySelector<HTMLMediaElement>(`[role=group][aria-label="${name}"] ${player}`)
        const track = (element?.srcObject as MediaStream | null)?.getTracks()[0]
        const receiver = world.connections
          .filter(({ connectionState }) => connectionState !== 'closed')
          .flatMap((connection) => connection.getReceivers())
          .find((each) => track !== undefined && each.track.id === track.id)
        const report = (await receiver?.getStats()) ?? new Map<string, RTCInboundRtpStreamStats>()
        for (const entry of report.values() as Iterable<RTCInboundRtpStreamStats>)
          if (entry.type === 'inbound-rtp' && entry.lastPacketReceivedTimestamp !== undefined)
            return {
              packets: entry.packetsReceived ?? 0,
              at: entry.lastPacketReceivedTimestamp,
              track: track?.id ?? '',
            }
        return null
      }
      const look = async (name: string, kind: keyof Gaps) => {
        const before = seen.get(`${name} ${kind}`) ?? { packets: 0, at: now(), track: '' }
        const found = await received(name, players[kind])
        const arrived = found === null ? 0 : found.track === before.track ? found.packets - before.packets : 1
        seen.set(`${name} ${kind}`, found === null || arrived === 0 ? before : found)
        // When several came since the last look, only sound has a pace by which to tell when they did.
        const gap =
          found === null || arrived === 0
            ? now() - before.at
            : kind === 'sound'
              ? found.at - before.at - (arrived - 1) * SOUND_PACE_MS
              : 0
        const gaps = world.gaps[name]!
        gaps[kind] = Math.max(gaps[kind], Math.round(gap))
      }
      const lookAtAll = async () => {
        world.lookedAt = performance.now()
        for (const name of names) await Promise.all([look(name, 'sound'), look(name, 'picture')])
        setTimeout(() => void lookAtAll(), 100)
      }
      void lookAtAll()
    },
    { names: people, SOUND_PACE_MS },
  )
}

/** The longest so far, by person. Rejects when the page does not look any more. */
export const readGaps = async (page: Page): Promise<Record<string, Gaps>> =>
  await page.evaluate(() => {
    const { gaps, lookedAt } = window as unknown as Watching
    const agoMs = performance.now() - lookedAt
    if (agoMs > 2000) throw new Error(`The last look was ${Math.round(agoMs)} ms ago`)
    return gaps
  })
