import { readFileSync } from 'node:fs'
import { expect, test, type BrowserContext, type Page } from 'playwright/test'
import { IceServers } from '#signalling/domain/turn-credentials.ts'
import type { IceServer } from '#signalling/protocol.ts'
import { Coturn, whyNoCoturn } from '../helpers/coturn.ts'
import { acceptAnswer, describeSelf, mediaFlow, type Connecting } from '../helpers/relay-page.ts'
import { ServerProcess } from '../helpers/server-process.ts'

const SECRET = 'a-secret-of-the-turn-server'

const reason = await whyNoCoturn()
if (reason !== null) console.log(`TURN is not tested: ${reason}`)
test.skip(reason !== null, reason ?? '')

let coturn: Coturn
let server: ServerProcess
let context: BrowserContext | undefined

test.beforeEach(async ({ browser }) => {
  coturn = await Coturn.start(SECRET)
  server = new ServerProcess()
  await server.start({ TURN_URLS: `${coturn.udpUrl},${coturn.tcpUrl}`, TURN_SECRET: SECRET })
  context = await browser.newContext()
})
test.afterEach(async () => {
  await context?.close()
  await server.close()
  await coturn.close()
})

/** A page of the server's origin with nothing on it. */
const barePage = async (): Promise<Page> => {
  const page = await context!.newPage()
  await page.goto(`${server.url}/health`)
  return page
}

/** Nothing but relays. */
const relayed = (ice: Partial<IceServer>): Connecting => ({ ice, policy: 'relay' })

const iceOf = async (page: Page): Promise<Partial<IceServer>> =>
  (await page.evaluate(async () => (await (await fetch('/iceServers')).json()) as unknown)) as Partial<IceServer>

test('[I3] two pages that can only meet through the TURN server do, with credentials of the signalling server', async () => {
  const [ann, ben] = [await barePage(), await barePage()]
  const [iceOfAnn, iceOfBen] = [await iceOf(ann), await iceOf(ben)]
  expect(iceOfAnn.username).not.toBe(iceOfBen.username)
  const offer = await describeSelf(ann, relayed(iceOfAnn), null)
  expect(offer).toMatch(/ typ relay /)
  expect(offer).not.toMatch(/ typ (?:host|srflx|prflx) /)
  await acceptAnswer(ann, await describeSelf(ben, relayed(iceOfBen), offer))
  for (const page of [ann, ben]) {
    await expect.poll(async () => (await mediaFlow(page)).frames).toBeGreaterThan(10)
    expect((await mediaFlow(page)).path).toBe('relay to relay')
  }
})

/** The state in which a connection stays. */
const outcome = async (page: Page): Promise<string> =>
  await page.evaluate(
    async () =>
      await new Promise<string>((resolve) => {
        const { pc } = window as unknown as { pc: RTCPeerConnection }
        const check = () => {
          if (['connected', 'failed'].includes(pc.connectionState)) resolve(pc.connectionState)
        }
        pc.addEventListener('connectionstatechange', check)
        check()
      }),
  )

test('with the denied ranges of the example configuration nobody gets to this machine through the TURN server', async () => {
  const example = readFileSync('build/deploy/turnserver.conf', 'utf8').split('\n')
  const closed = await Coturn.start(
    SECRET,
    example.filter((line) => line.startsWith('denied-peer-ip=')),
  )
  try {
    const clock = { now: () => Date.now(), schedule: () => () => undefined }
    const turn = { urls: [closed.udpUrl], secret: SECRET, lifetimeMs: 600_000 }
    const ice = new IceServers([], turn, clock).for('test').iceServers[0]!
    const [ann, ben] = [await barePage(), await barePage()]
    const offer = await describeSelf(ann, relayed(ice), null)
    expect(offer).toMatch(/ typ relay /)
    await acceptAnswer(ann, await describeSelf(ben, relayed(ice), offer))
    expect(await Promise.all([outcome(ann), outcome(ben)])).toEqual(['failed', 'failed'])
  } finally {
    await closed.close()
  }
})

interface Gathered {
  readonly candidates: number
  readonly errors: readonly number[]
}

const gather = async (page: Page, ice: IceServer): Promise<Gathered> =>
  await page.evaluate(async (server) => {
    const pc = new RTCPeerConnection({ iceServers: [server as RTCIceServer], iceTransportPolicy: 'relay' })
    const errors: number[] = []
    let candidates = 0
    pc.addEventListener('icecandidateerror', ({ errorCode }) => errors.push(errorCode))
    const done = new Promise<void>((resolve) => {
      pc.addEventListener('icecandidate', ({ candidate }) => {
        if (candidate?.candidate) candidates += 1
        if (candidate === null) resolve()
      })
    })
    pc.createDataChannel('x')
    await pc.setLocalDescription()
    await done
    pc.close()
    return { candidates, errors }
  }, ice)

test('credentials that have run out, or that were made up, get nothing from the TURN server', async () => {
  const page = await barePage()
  const urls = [coturn.udpUrl]
  const issue = (secret: string, atMs: number): IceServer => {
    const clock = { now: () => atMs, schedule: () => () => undefined }
    const { iceServers } = new IceServers([], { urls, secret, lifetimeMs: 600_000 }, clock).for('test')
    return iceServers[0]!
  }
  expect(await gather(page, issue(SECRET, Date.now()))).toEqual({ candidates: 1, errors: [] })
  const refused = { candidates: 0, errors: [401] }
  expect(await gather(page, issue(SECRET, Date.now() - 601_000))).toEqual(refused)
  expect(await gather(page, issue('another secret', Date.now()))).toEqual(refused)
  expect(await gather(page, { ...issue(SECRET, Date.now()), username: 'nobody' })).toEqual(refused)
})
