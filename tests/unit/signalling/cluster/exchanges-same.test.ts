import { expect, test } from 'vitest'
import { liveKey, nameKey } from '#signalling/cluster/cluster.ts'
import { startAlone, startJoined } from './joined-servers.ts'

interface Step {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Of no declared length. */
  readonly isChunked?: boolean
}

const API = '/api/v1/signalling'
const large = (size: number) => 'x'.repeat(size)
const candidate = { type: 'ice-candidate', payload: 'candidate:1', target: 'desk' }
const cam = { sessionId: 'cam', deviceId: 'camera-1' }
const page = { Origin: 'https://meet.example.org' }

const steps: readonly Step[] = [
  { method: 'GET', path: '/events/s/door' },
  { method: 'POST', path: '/message/s/door', body: candidate },
  { method: 'POST', path: '/message/s/door', body: large(70_000) },
  { method: 'POST', path: '/register/s/door', headers: page },
  { method: 'POST', path: '/register/s/door' },
  { method: 'POST', path: '/register/s/desk/' },
  { method: 'POST', path: `/register/s/${large(65)}` },
  { method: 'GET', path: '/register/s/door' },
  { method: 'OPTIONS', path: '/register/s/door', headers: page },
  { method: 'OPTIONS', path: '/register/s/door', headers: { Origin: 'https://other.example.org' } },
  { method: 'HEAD', path: '/events/s/door' },
  { method: 'GET', path: '/events/s/gate' },
  { method: 'GET', path: '/events/s/door', headers: { Authorization: 'Bearer wrong' } },
  { method: 'POST', path: '/message/s/door', body: candidate, headers: page },
  { method: 'POST', path: '/message/s/door', body: { ...candidate, target: 'nobody' } },
  { method: 'POST', path: '/message/s/door', body: '{' },
  { method: 'POST', path: '/message/s/door', body: '"\u{1f600}ü"' },
  { method: 'POST', path: '/message/s/door', body: candidate, headers: { 'Content-Type': 'text/plain' } },
  { method: 'POST', path: '/message/s/door', body: large(70_000) },
  { method: 'POST', path: '/message/s/door', body: large(200_000), isChunked: true },
  { method: 'POST', path: '/message/s/gate', body: large(70_000) },
  { method: 'PUT', path: `${API}/save-chats/visit`, body: { chats: [] } },
  { method: 'PUT', path: `${API}/documents/visit/other`, body: { text: 'x' } },
  { method: 'PUT', path: `${API}/documents/visit/report`, body: { text: 7 } },
  { method: 'PUT', path: `${API}/documents/visit/report`, body: { text: large(100_001) } },
  { method: 'PUT', path: `${API}/documents/visit/report`, body: { text: 'All is well.' } },
  { method: 'PUT', path: `${API}/documents/visit/report`, body: { text: 'Not so.' } },
  { method: 'PUT', path: `${API}/documents/s/report`, body: { text: 'Theirs.' } },
  { method: 'POST', path: `${API}/appointments`, body: { appointment_id: 'visit' } },
  { method: 'POST', path: `${API}/appointments`, body: { appointment_id: 's' } },
  { method: 'POST', path: `${API}/appointments`, body: { appointment_id: 'new', title: 'New' } },
  { method: 'POST', path: `${API}/appointments`, body: {} },
  { method: 'POST', path: `${API}/appointments`, body: { appointment_id: ' ' } },
  { method: 'POST', path: `${API}/appointments`, body: [] },
  { method: 'POST', path: `${API}/appointments`, body: { title: large(5000) } },
  { method: 'PUT', path: `${API}/save-chats/visit`, body: { chats: [{ text: 'hi' }] } },
  { method: 'PUT', path: `${API}/save-chats/visit`, body: { chats: ['hi'] } },
  { method: 'PUT', path: `${API}/save-chats/visit`, body: large(2_000_000) },
  { method: 'PUT', path: `${API}/save-chats/none`, body: large(2_000_000) },
  { method: 'POST', path: '/live/create-stream-request', body: cam },
  { method: 'POST', path: '/create-session', body: { deviceId: 'camera-1' } },
  { method: 'POST', path: '/create-session', body: { ...cam, deviceId: '' } },
  { method: 'POST', path: '/create-session', body: { ...cam, sessionId: 'stop' } },
  { method: 'POST', path: '/live/stop', body: cam },
  { method: 'POST', path: '/live/stop', body: [] },
  { method: 'POST', path: '/notification/create', body: cam },
  { method: 'POST', path: '/notification/create', body: large(5000) },
]

const bodyOf = ({ body, isChunked = false }: Step): RequestInit => {
  if (body === undefined) return {}
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return isChunked ? ({ body: new Blob([text]).stream(), duplex: 'half' } as RequestInit) : { body: text }
}

const ask = async (url: string, step: Step) => {
  const headers = { ...(step.body === undefined ? {} : { 'Content-Type': 'application/json' }), ...step.headers }
  const response = await fetch(url + step.path, { method: step.method, headers, ...bodyOf(step) })
  const told = [...response.headers].filter(([name]) => name !== 'date' && name !== 'keep-alive')
  // Tokens and ids are new each time, but of the same length. The policy names the port.
  const text = (await response.text()).replace(/"[\w-]{22,}"/g, '"…"').replace(/\/r\/[\w-]{22}/, '/r/…')
  return { step: `${step.method} ${step.path}`, status: response.status, headers: told.sort(), text }
}

const answersOf = async (url: string) => {
  const answers: Awaited<ReturnType<typeof ask>>[] = []
  for (const step of steps) answers.push(await ask(url, step))
  const { port } = new URL(url)
  return JSON.parse(JSON.stringify(answers).replaceAll(`:${port}`, ':port')) as typeof answers
}

const all = [nameKey('s'), nameKey('visit'), nameKey('new'), liveKey('cam')]

test.each([
  ['by another process', 'a'],
  ['by the process that is asked', 'b'],
])('an answer is the same when a request is handled %s, to the last header', async (_how, home) => {
  const { b, registry } = await startJoined()
  // What there is has a home already; `none` and what is made for it has not.
  for (const key of all) registry.homes.set(key, home)
  const alone = await answersOf((await startAlone()).url)
  expect(new Set(alone.map(({ status }) => status))).toEqual(
    new Set([200, 204, 400, 401, 403, 404, 405, 409, 413, 415, 502]),
  )
  expect(await answersOf(b.url)).toEqual(alone)
})

test('the head of an event stream is the same from another process', async () => {
  const { b, registry } = await startJoined()
  registry.homes.set(nameKey('s'), 'a')
  const headOf = async (url: string) => {
    await fetch(`${url}/register/s/door`, { method: 'POST' })
    const stop = new AbortController()
    const response = await fetch(`${url}/events/s/door`, { headers: page, signal: stop.signal })
    const told = [...response.headers].filter(([name]) => name !== 'date' && name !== 'content-security-policy')
    stop.abort()
    return [response.status, told]
  }
  expect(await headOf(b.url)).toEqual(await headOf((await startAlone()).url))
})
