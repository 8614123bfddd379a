import { connect, createServer, type AddressInfo } from 'node:net'
import type { Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { WantedHost } from '#electron/ipc.ts'
import { startSignallingServer } from '#signalling/server.ts'
import { DesktopFixture, findFreePort, type TestPageWindow } from '#tests/helpers/electron-stand-in-fixture.ts'
import type { DesktopUnderTest } from '#tests/helpers/electron-stand-in.ts'
import { createSelfSigned, type SelfSigned } from '#tests/helpers/self-signed.ts'
import {
  codeOf,
  connect as connectTo,
  hostMeeting,
  joinRoom,
  request,
  valueOf,
} from '#tests/helpers/signalling-client.ts'
import { startTlsHost } from '#tests/helpers/tls-host.ts'

declare const window: TestPageWindow & typeof globalThis

let fixture: DesktopFixture
let app: DesktopUnderTest
let page: Page
let ours: SelfSigned
let other: SelfSigned
beforeAll(async () => {
  fixture = await DesktopFixture.build()
  app = await fixture.launch()
  page = await app.page()
  ;[ours, other] = await Promise.all([createSelfSigned(), createSelfSigned()])
}, 60_000)
afterAll(() => fixture.close())

/** A computer that hosts a meeting; answers its port. */
const host = async ({ key, certificate }: SelfSigned, port = 0) => {
  const tls = { key, certificate }
  const allowedOrigins = ['app://bundle']
  const server = await startSignallingServer({ port, tls, allowedOrigins, succession: { ownerKey: null } })
  onTestFinished(() => server.close())
  return server
}
const find = (wanted: WantedHost) => page.evaluate((each) => window.desktop.findHost(each), wanted)
const at = (port: number) => `127.0.0.1:${String(port)}`

/** The first packet of the Socket.IO server at a secure address, as a socket of the page gets it. */
const firstPacket = (authority: string) =>
  page.evaluate(
    (address) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(`wss://${address}/socket.io/?EIO=4&transport=websocket`)
        socket.onmessage = ({ data }) => {
          resolve(String(data).slice(0, 8))
          socket.close()
        }
        socket.onerror = () => resolve('refused')
      }),
    authority,
  )
const isServer = '0{"sid":'

describe('the page’s way to another computer', () => {
  test('is closed without an invitation, and open once its key was found there', async () => {
    const { port } = await host(ours)
    expect(await firstPacket(at(port))).toBe('refused')
    expect(await find({ pin: ours.pin, addresses: [at(port)] })).toEqual({
      ok: true,
      serverUrl: `https://${at(port)}`,
      pin: ours.pin,
    })
    expect(await firstPacket(at(port))).toBe(isServer)
  })

  test('stays closed when another key answers, which gets nothing of the page to see', async () => {
    const stranger = await startTlsHost(other)
    expect(await find({ pin: ours.pin, addresses: [stranger.address] })).toEqual({ ok: false, problem: 'wrong-key' })
    expect(await firstPacket(stranger.address)).toBe('refused')
    expect(stranger.received()).toBe('')
  })

  test('closes when another computer gets the address, and opens to that one by its own invitation', async () => {
    const first = await host(ours)
    const { port } = first
    await find({ pin: ours.pin, addresses: [at(port)] })
    expect(await firstPacket(at(port))).toBe(isServer)
    await first.close()
    await host(other, port)
    expect(await firstPacket(at(port))).toBe('refused')
    expect(await find({ pin: ours.pin, addresses: [at(port)] })).toEqual({ ok: false, problem: 'wrong-key' })
    expect(await firstPacket(at(port))).toBe('refused')
    expect(await find({ pin: other.pin, addresses: [at(port)] })).toMatchObject({ ok: true })
    expect(await firstPacket(at(port))).toBe(isServer)
  })

  test('is open to a new certificate of the same key', async () => {
    const first = await host(ours)
    const { port } = first
    await find({ pin: ours.pin, addresses: [at(port)] })
    await first.close()
    await host(await createSelfSigned({ keys: ours.keys, validDays: [-20, -10] }), port)
    expect(await firstPacket(at(port))).toBe(isServer)
  })

  test('is closed to somebody in between who lets those through that only look', async () => {
    const right = await host(ours)
    // One whose key was never the right one here: of others Chromium keeps its verdict for a while.
    const stranger = await startTlsHost(await createSelfSigned())
    let isLooking = true
    const between = createServer((client) => {
      const target = connect(isLooking ? right.port : stranger.port, '127.0.0.1')
      client.on('error', () => target.destroy())
      target.on('error', () => client.destroy())
      client.pipe(target).pipe(client)
    })
    onTestFinished(() => void between.close())
    await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve))
    const address = at((between.address() as AddressInfo).port)
    expect(await find({ pin: ours.pin, addresses: [address] })).toMatchObject({ ok: true })
    // The app looks once more before the page connects; from then on it is the other one.
    between.once('connection', () => (isLooking = false))
    expect(await firstPacket(address)).toBe('refused')
    expect(stranger.connections()).toBeGreaterThan(0)
    expect(stranger.received()).toBe('')
    expect(await app.log()).toContain('A certificate was refused')
  })

  test('leads nowhere but to this network', async () => {
    const addresses = ['8.8.8.8:8001', 'localhost:8001', '[::1]:8001', '169.254.169.254:80', 'evil.example:8001']
    expect(await find({ pin: ours.pin, addresses })).toEqual({ ok: false, problem: 'unreachable' })
  })
})

describe('hosting', () => {
  const startHost = async (itsPage = page) =>
    itsPage.evaluate(
      async (hostPort) => {
        await window.desktop.changeSettings({ hostPort })
        return window.desktop.startHost()
      },
      await findFreePort(),
    )

  test('another app finds the server by its key, and its page gets in', async () => {
    const second = await fixture.launch()
    const state = await startHost(await second.page())
    if (state.phase !== 'running') throw new Error(`Hosting is ${state.phase}`)
    const { pin } = state.identity
    expect(await find({ pin, addresses: [at(state.port)] })).toMatchObject({ ok: true })
    expect(await firstPacket(at(state.port))).toBe(isServer)
    await second.close()
    const again = await fixture.launch({ userDataDir: second.userDataDir })
    expect(await startHost(await again.page())).toMatchObject({ identity: { pin } })
  })

  test('the check tells at which own addresses the server answers', async () => {
    const state = await startHost()
    if (state.phase !== 'running') throw new Error(`Hosting is ${state.phase}`)
    const report = await page.evaluate(() => window.desktop.checkReach())
    expect(report.answering).toEqual(state.addresses.map(({ address }) => address))
    expect(report.wasReached).toBe(false)
    await page.evaluate(() => window.desktop.stopHost())
    expect(await page.evaluate(() => window.desktop.checkReach())).toMatchObject({ answering: [], wasReached: false })
  })

  const meeting = { code: 'k7mq2xvd9thr', title: 'Stand-up', name: 'Ada', isGuarded: true, former: ['f'.repeat(43)] }
  const watch = (isWatching: boolean) =>
    page.evaluate((each) => {
      window.notices.splice(0)
      return window.desktop.watchNearby(each)
    }, isWatching)
  const heard = () =>
    page.evaluate(() => window.notices.filter((notice) => notice[0] === 'nearbyChanged').at(-1)?.[1] ?? [])

  test('a meeting is heard of by another app as the setting says, found by its key alone, and ends with it', async (context) => {
    const { multicast } = await page.evaluate(() => window.desktop.checkReach())
    if (!multicast) context.skip('No multicast comes back on this computer')
    const second = await fixture.launch()
    const itsPage = await second.page()
    const state = await startHost(itsPage)
    if (state.phase !== 'running') throw new Error(`Hosting is ${state.phase}`)
    const { pin } = state.identity
    const announcing = (announce: 'nothing' | 'unnamed' | 'named') =>
      itsPage.evaluate((each) => window.desktop.changeSettings({ announce: each }), announce)
    const ofSecond = async () => (await heard()).filter((each) => each.pin === pin)
    /** Packets get lost on a busy computer; they are said again. */
    const patient = { timeout: 15_000 }

    await watch(true)
    await itsPage.evaluate((each) => window.desktop.announce(each), meeting)
    await expect.poll(ofSecond, patient).toMatchObject([{ ...meeting, title: '', name: '' }])
    await announcing('named')
    await expect.poll(ofSecond, patient).toMatchObject([{ title: 'Stand-up', name: 'Ada' }])
    await announcing('nothing')
    await expect.poll(ofSecond, patient).toEqual([])
    await announcing('unnamed')
    await expect.poll(ofSecond, patient).toHaveLength(1)
    expect(await watch(false)).toEqual([])

    expect(await find({ pin, addresses: [] })).toMatchObject({ ok: true })
    await watch(true)
    await expect.poll(ofSecond, patient).toHaveLength(1)
    await second.evaluate(({ electron }) => void setImmediate(() => electron.app.quit()))
    await second.exited()
    await expect.poll(ofSecond, patient).toEqual([])
    await watch(false)
  }, 60_000)

  test('an invitation to a computer that is gone leads to the app that goes on with its room', async (context) => {
    const { multicast } = await page.evaluate(() => window.desktop.checkReach())
    if (!multicast) context.skip('No multicast comes back on this computer')
    const former = await host(ours)
    const { code } = await hostMeeting(former.url)
    const itsPage = await (await fixture.launch()).page()
    const keys = (await itsPage.evaluate(() => window.desktop.getHostKeys()))!
    const heir = await joinRoom(former.url, code, 'Ben')
    const { will, estate } = valueOf(await request(heir.socket, 'heir:stand', { pin: keys.pin }))
    await former.close()

    const state = await startHost(itsPage)
    if (state.phase !== 'running') throw new Error(`Hosting is ${state.phase}`)
    const { socket } = await connectTo(state.url)
    const you = heir.joined.peerId
    const room = { code, estate, will: will!, people: [{ id: you, name: 'Ben' }], you }
    expect(codeOf(await request(socket, 'room:adopt', { ...room, ownerKey: 'x'.repeat(22) }))).toBe('access-denied')
    valueOf(await request(socket, 'room:adopt', { ...room, ownerKey: keys.ownerKey }))
    await itsPage.evaluate((each) => window.desktop.announce(each), { ...meeting, code, former: [ours.pin] })

    const wanted = { pin: ours.pin, addresses: [at(former.port)] }
    const found = () => find({ ...wanted, code })
    await expect.poll(found, { timeout: 15_000 }).toMatchObject({ ok: true, pin: keys.pin })
    const answer = await found()
    expect(await firstPacket(new URL(answer.ok ? answer.serverUrl : '').host)).toBe(isServer)
    expect(await find(wanted)).toEqual({ ok: false, problem: 'unreachable' })
    expect(await find({ ...wanted, code: 'k7mq2xvd9999' })).toEqual({ ok: false, problem: 'unreachable' })
  }, 60_000)
})
