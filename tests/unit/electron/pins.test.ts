import { EventEmitter } from 'node:events'
import type Electron from 'electron'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Log } from '#electron/log.ts'
import { Pins } from '#electron/pins.ts'
import { createSelfSigned, type SelfSigned } from '#tests/helpers/self-signed.ts'
import { startMuteHost, startPlainHost, startTlsHost } from '#tests/helpers/tls-host.ts'

const silent: Log = { error: () => undefined, warn: () => undefined, info: () => undefined, scoped: () => silent }

let ours: SelfSigned
let other: SelfSigned
beforeAll(async () => {
  ;[ours, other] = await Promise.all([createSelfSigned(), createSelfSigned()])
})

type VerifyProc = NonNullable<Parameters<Electron.Session['setCertificateVerifyProc']>[0]>
type Listener = NonNullable<Parameters<Electron.WebRequest['onBeforeRequest']>[0]>

/** What Electron would ask the app. */
const setUp = () => {
  const app = new EventEmitter()
  const asked: { verify?: VerifyProc; listener?: Listener; urls?: readonly string[] } = {}
  const session = {
    setCertificateVerifyProc: (proc: VerifyProc) => void (asked.verify = proc),
    webRequest: {
      onBeforeRequest: (filter: Electron.WebRequestFilter, listener: Listener) =>
        void Object.assign(asked, { urls: filter.urls, listener }),
    },
  }
  const pins = new Pins({ app: app as never, session: session as never, log: silent })
  return {
    app,
    pins,
    urls: asked.urls,
    /** `isTrusted`: what Chromium thinks. */
    verify: (hostname: string, { certificate }: Pick<SelfSigned, 'certificate'>, isTrusted = false) =>
      new Promise<number>((resolve) => {
        const verificationResult = isTrusted ? 'net::OK' : 'net::ERR_CERT_AUTHORITY_INVALID'
        const request = { hostname, certificate: { data: certificate }, verificationResult, errorCode: 0 }
        asked.verify!(request as Electron.Request, resolve)
      }),
    lets: (url: string) =>
      new Promise<boolean>((resolve) => {
        asked.listener!({ url } as never, ({ cancel }) => resolve(cancel !== true))
      }),
  }
}

describe('about a certificate', () => {
  test('Chromium decides everywhere that no key is known', async () => {
    const { pins, verify } = setUp()
    pins.set('https://192.168.1.20:8001', ours.pin)
    expect(await verify('meet.example', other)).toBe(-3)
    expect(await verify('192.168.1.21', other)).toBe(-3)
    expect(await verify('192.168.1.21', ours, true)).toBe(-3)
  })

  test('where one is known, only that key is taken, even if Chromium trusts another', async () => {
    const { pins, verify } = setUp()
    pins.set('https://192.168.1.20:8001', ours.pin)
    expect(await verify('192.168.1.20', ours)).toBe(0)
    expect(await verify('192.168.1.20', other)).toBe(-2)
    expect(await verify('192.168.1.20', other, true)).toBe(-2)
  })

  test('the key counts, not the certificate: another one of it, run out or not valid yet, is taken', async () => {
    const { pins, verify } = setUp()
    pins.set('https://192.168.1.20:8001', ours.pin)
    for (const validDays of [
      [-1, 300],
      [-300, -200],
      [200, 300],
    ] as const) {
      expect(await verify('192.168.1.20', await createSelfSigned({ keys: ours.keys, validDays }))).toBe(0)
    }
  })

  test('what is no certificate is refused', async () => {
    const { pins, verify } = setUp()
    pins.set('https://192.168.1.20:8001', ours.pin)
    for (const certificate of ['', 'hello', ours.key]) expect(await verify('192.168.1.20', { certificate })).toBe(-2)
  })

  test('the newest key at an address takes the place of the former', async () => {
    const { pins, verify } = setUp()
    pins.set('https://192.168.1.20:8001', ours.pin)
    pins.set('https://192.168.1.20:8002', other.pin)
    expect(await verify('192.168.1.20', other)).toBe(0)
    expect(await verify('192.168.1.20', ours)).toBe(-2)
  })

  test('an IPv6 address is known with brackets and without', async () => {
    const { pins, verify } = setUp()
    pins.set('https://[fd00::1]:8001', ours.pin)
    for (const hostname of ['fd00::1', '[fd00::1]']) {
      expect(await verify(hostname, ours)).toBe(0)
      expect(await verify(hostname, other)).toBe(-2)
    }
  })

  test('as many keys are kept as fit, the newest', async () => {
    const { pins, verify } = setUp()
    for (let last = 1; last <= 65; last += 1) pins.set(`https://192.168.1.${String(last)}:8001`, ours.pin)
    expect(await verify('192.168.1.1', other)).toBe(-3)
    expect(await verify('192.168.1.2', other)).toBe(-2)
    expect(await verify('192.168.1.65', other)).toBe(-2)
  })

  test('an address that is not on this network gets no key', () => {
    const { pins } = setUp()
    for (const url of ['https://meet.example:8001', 'https://8.8.8.8:8001', 'x'])
      expect(() => pins.set(url, ours.pin)).toThrow('local network')
  })

  test('what Chromium has refused stays refused', () => {
    const { app } = setUp()
    const answers: boolean[] = []
    let wasPrevented = false
    const event = { preventDefault: () => (wasPrevented = true) }
    app.emit('certificate-error', event, {}, 'https://192.168.1.20:8001/', 'net::ERR_CERT', {}, (answer: boolean) =>
      answers.push(answer),
    )
    expect({ answers, wasPrevented }).toEqual({ answers: [false], wasPrevented: true })
  })
})

describe('before a connection', () => {
  test('only secure ones are looked at', () => expect(setUp().urls).toEqual(['https://*/*', 'wss://*/*']))

  test('the internet, and names, are none of its business', async () => {
    const { lets } = setUp()
    for (const url of ['wss://meet.example/socket.io/', 'https://8.8.8.8:8001/', 'wss://localhost:8001/'])
      expect(await lets(url)).toBe(true)
  })

  test('the page may go where the right key answers, and asking sends nothing', async () => {
    const { pins, lets } = setUp()
    const host = await startTlsHost(ours)
    pins.set(`https://${host.address}`, ours.pin)
    expect(await lets(`wss://${host.address}/socket.io/?EIO=4`)).toBe(true)
    await host.allClosed()
    expect(host.received()).toBe('')
  })

  test('the page may not go where another key answers, or none', async () => {
    const { pins, lets } = setUp()
    const [taken, plain, mute] = await Promise.all([startTlsHost(other), startPlainHost(), startMuteHost()])
    mute.close()
    for (const { address } of [taken, plain, mute]) {
      pins.set(`https://${address}`, ours.pin)
      expect(await lets(`wss://${address}/`)).toBe(false)
    }
  })

  test('a key that was found at one port is none for another', async () => {
    const { pins, lets } = setUp()
    const [first, second] = await Promise.all([startTlsHost(ours), startTlsHost(ours)])
    pins.set(`https://${first.address}`, ours.pin)
    expect(await lets(`wss://${second.address}/`)).toBe(false)
  })

  test('nobody goes by accident to a computer that only an invitation can vouch for', async () => {
    const { lets, pins } = setUp()
    const host = await startTlsHost(ours)
    expect(await lets(`wss://${host.address}/`)).toBe(false)
    pins.set(`https://${host.address}`, ours.pin)
    expect(await lets(`wss://${host.address}/`)).toBe(true)
  })

  test('a server with an authority of its own, and one that does not answer, are left to Chromium', async () => {
    const { lets } = setUp()
    const host = await startTlsHost(await createSelfSigned({ isAuthority: true }))
    expect(await lets(`wss://${host.address}/`)).toBe(true)
    host.close()
    expect(await lets(`wss://${host.address}/`)).toBe(true)
  })
})
