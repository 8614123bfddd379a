import { expect, it, onTestFinished, vi } from 'vitest'
import { eventually, expectFrames } from './await-media.ts'
import { makePair, openMedia, type Path } from './link-pair.ts'
import document from '../../../../docs/CALL-FLOW.md?raw'

/** The steps in bold, as the document numbers them. */
const written = [...document.matchAll(/^\d+\. \*\*([^*]+)\*\*/gm)].map(([, step = '']) => step)

const CANDIDATES = 'both find candidates'

type Side = 'newcomer' | 'insider'

/** Writes down the first time that each step is seen, by real connections and the path between them. */
class Observer {
  readonly steps: string[] = []
  readonly #sides = new Map<RTCPeerConnection, Side>()

  saw(step: string): void {
    if (!this.steps.includes(step)) this.steps.push(step)
  }

  /** A step of both sides is seen when the second has done it. */
  sawBoth(side: Side, step: string): void {
    this.saw(`${side}: ${step}`)
    if (this.steps.includes(`newcomer: ${step}`) && this.steps.includes(`insider: ${step}`)) this.saw(`both ${step}`)
  }

  /** A connection is of whoever first does something with it: the newcomer, who offers, is the first of all. */
  side(connection: RTCPeerConnection): Side {
    const known = this.#sides.get(connection)
    if (known) return known
    const side = this.#sides.size === 0 ? 'newcomer' : 'insider'
    this.#sides.set(connection, side)
    this.saw(`${side} makes a connection`)
    connection.addEventListener('icecandidate', ({ candidate }) => {
      if (candidate) this.sawBoth(side, 'find candidates')
    })
    return side
  }

  watchConnections(): void {
    const side = (connection: RTCPeerConnection) => this.side(connection)
    const saw = (step: string) => {
      this.saw(step)
    }
    const sawBoth = (who: Side, step: string) => {
      this.sawBoth(who, step)
    }
    const Observed = class extends RTCPeerConnection {
      override addTransceiver(trackOrKind: MediaStreamTrack | string, init?: RTCRtpTransceiverInit): RTCRtpTransceiver {
        const who = side(this)
        if (trackOrKind instanceof MediaStreamTrack) saw(`${who} adds media`)
        return super.addTransceiver(trackOrKind, init)
      }

      override async setLocalDescription(description?: RTCLocalSessionDescriptionInit): Promise<void> {
        await super.setLocalDescription(description)
        saw(`${side(this)} sets its ${this.localDescription?.type ?? 'nothing'}`)
      }

      override async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
        const who = side(this)
        this.addEventListener('track', () => {
          saw(`${who} takes the ${description.type}`)
          saw(`${who} gets tracks`)
        })
        this.addEventListener('connectionstatechange', () => {
          if (this.connectionState === 'connected') sawBoth(who, 'are connected')
        })
        await super.setRemoteDescription(description)
      }
    }
    vi.stubGlobal('RTCPeerConnection', Observed)
    // The only one to put a track on a line that is there already is the side that answers.
    const replaceTrack = vi.spyOn(RTCRtpSender.prototype, 'replaceTrack').mockImplementation(async function (
      this: RTCRtpSender,
      track,
    ) {
      if (track !== null) saw('insider adds media')
      replaceTrack.mockRestore()
      await this.replaceTrack(track)
    })
    onTestFinished(() => {
      vi.unstubAllGlobals()
      replaceTrack.mockRestore()
    })
  }

  path(side: Side): Path {
    return {
      delayMs: (signal) => {
        if (signal.kind === 'description') this.saw(`${side} sends the ${signal.type}`)
        return 0
      },
    }
  }
}

it('goes through the steps of docs/CALL-FLOW.md, in their order', async () => {
  const observer = new Observer()
  const media = await openMedia()
  observer.saw('newcomer acquires media')
  observer.watchConnections()
  const paths = [observer.path('newcomer'), observer.path('insider')] as const
  const { polite: newcomer, impolite: insider } = await makePair({ own: [media, await openMedia()], paths })
  insider.link.awaitOffer()
  newcomer.link.offer()
  await eventually(() => {
    expect(observer.steps).toContain('both are connected')
  })
  for (const { link } of [newcomer, insider]) await expectFrames(() => link.view.stream, 1)
  observer.saw('both see a first frame')
  // Nobody waits for candidates: on a quick path the two are connected before the last of them is told.
  await eventually(() => {
    expect(observer.steps).toContain(CANDIDATES)
  })
  const inOrder = (steps: readonly string[]) => steps.filter((step) => step !== CANDIDATES && !step.includes(': '))
  expect(written).toContain(CANDIDATES)
  expect(inOrder(written).length).toBeGreaterThan(10)
  expect(inOrder(observer.steps)).toEqual(inOrder(written))
})
