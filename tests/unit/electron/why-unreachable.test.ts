import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { whyUnreachable } from '#electron/why-unreachable.ts'
import { createSelfSigned, type SelfSignedOptions } from '#tests/helpers/self-signed.ts'

const DAY_MS = 86_400_000

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}
/** A computer that hosts, by https; its clock is right. */
const startHost = async (options: SelfSignedOptions = {}): Promise<string> => {
  const { key, certificate: cert } = await createSelfSigned(options)
  return `https://127.0.0.1:${await listen(createSecureServer({ key, cert }, (_, answer) => void answer.end()))}`
}
const startPlain = async (onRequest: RequestListener): Promise<string> =>
  `http://127.0.0.1:${await listen(createServer(onRequest))}`

describe('a server', () => {
  test.each([200, 308, 404, 500])('that answers, if only with %i, can be reached', async (status) => {
    const asked: (string | undefined)[] = []
    const url = await startPlain(({ method, url: path, headers }, answer) => {
      asked.push(method, path, headers.cookie, headers.authorization)
      answer.writeHead(status, { location: 'http://127.0.0.1:1/' }).end()
    })
    expect(await whyUnreachable(`${url}/r/abc?token=secret`)).toBe('answers')
    expect(asked).toEqual(['HEAD', '/health', undefined, undefined])
  })

  test('on a port where nothing listens refuses', async () => {
    const gone = createTcpServer()
    const port = await listen(gone)
    await new Promise((resolve) => gone.close(resolve))
    expect(await whyUnreachable(`http://127.0.0.1:${port}`)).toBe('refused')
    expect(await whyUnreachable(`https://127.0.0.1:${port}`)).toBe('refused')
  })

  test('that takes the connection and says nothing does not answer in time', async () => {
    const mute = createTcpServer(() => undefined)
    expect(await whyUnreachable(`http://127.0.0.1:${await listen(mute)}`, { limitMs: 200 })).toBe('timed-out')
  })

  test.each([
    ['ENOTFOUND', 'linux', 'name-unknown'],
    ['EAI_AGAIN', 'linux', 'name-unknown'],
    ['EHOSTUNREACH', 'linux', 'no-route'],
    ['EHOSTUNREACH', 'darwin', 'blocked-by-system'],
    ['ENETUNREACH', 'darwin', 'no-route'],
    ['EACCES', 'win32', 'blocked-by-system'],
    ['ETIMEDOUT', 'win32', 'timed-out'],
    ['EPROTO', 'linux', 'unknown'],
  ] as const)('to which there is %s on %s: %s', async (code, platform, cause) => {
    const lookup = (_: string, __: object, done: (error: Error, address: string) => void) =>
      done(Object.assign(new Error(code), { code }), '')
    expect(await whyUnreachable('http://meet.example', { platform, lookup })).toBe(cause)
  })

  test.each(['', 'file:///etc/passwd', 'ws://127.0.0.1', '127.0.0.1:80', 'http://'])('%j is not asked', async (url) => {
    expect(await whyUnreachable(url)).toBe('unknown')
  })
})

describe('a certificate', () => {
  test('that nobody vouches for is told, unless the computer is known by its key', async () => {
    const url = await startHost()
    expect(await whyUnreachable(url)).toBe('certificate')
    expect(await whyUnreachable(url, { isPinned: (origin) => origin === url })).toBe('answers')
  })

  test.each([
    ['is not yet valid', -400],
    ['has run out', 400],
  ])('that %s by a clock which is off is laid to the clock', async (_, days) => {
    const now = () => Date.now() + days * DAY_MS
    expect(await whyUnreachable(await startHost(), { now })).toBe('clock')
  })

  test('that has run out by the clocks of both is not', async () => {
    expect(await whyUnreachable(await startHost({ validDays: [-30, -2] }))).toBe('certificate')
  })
})
