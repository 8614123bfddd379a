import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, onTestFinished, test } from 'vitest'
import { createHostSigner } from '../helpers/host-keys.ts'
import { createSelfSigned } from '../helpers/self-signed.ts'
import { connect, request, startTestServer, valueOf } from '../helpers/signalling-client.ts'

type Schema = Record<string, unknown>
interface Answer {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>
}
interface Operation {
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
  readonly responses: Readonly<Record<string, Answer>>
}
interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const document = JSON.parse(read('docs/openapi.json')) as OpenApi & Schema

const ajv = new Ajv2020({ strict: false })
ajv.addSchema(document, 'openapi')
/** The schema with its references, which are relative to the document, made absolute. */
const check = (schema: Schema, value: unknown): string | null => {
  const absolute = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"openapi#/')) as Schema
  return ajv.validate(absolute, value) ? null : ajv.errorsText()
}

const operationOf = (method: string, path: string): Operation | undefined =>
  document.paths[path]?.[method.toLowerCase()]

test('each route of the server is in the document, and each of the document is in the server', () => {
  const written = globSync('signalling/**/*.ts', { cwd: root }).flatMap((file) => {
    const source = read(file)
    const base = /const BASE = '([^']+)'/.exec(source)?.[1] ?? ''
    const routes = source.matchAll(/method: '([A-Z]+)',\s*path: [`']([^`']+)[`']/g)
    return Array.from(routes, ([, method = '', path = '']) => `${method} ${path.replace('${BASE}', base)}`)
  })
  // For the page of the very computer that the server runs on, and for no integrator.
  const ofOwnPage = 'GET /own-host'
  expect(written).toContain(ofOwnPage)
  const ofClients = written.filter((route) => route !== ofOwnPage)
  const routes = [...ofClients, 'GET /health', 'GET /health/live', 'GET /health/ready']
  const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
  )
  expect(routes.length).toBeGreaterThan(15)
  expect(routes.toSorted()).toEqual(documented.toSorted())
})

/** Asks as the document says one may, and holds the answer to what it says one gets. */
const open = async () => {
  const { url } = await startTestServer({ metrics: undefined })
  const seen = new Set<string>()
  const ask = async (method: string, path: string, values: Record<string, string> = {}, body?: unknown) => {
    const operation = operationOf(method, path)
    expect(operation, `${method} ${path} is in the document`).toBeDefined()
    const abort = new AbortController()
    onTestFinished(() => {
      abort.abort()
    })
    const target = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? name))
    const response = await fetch(`${url}${target}`, {
      method,
      signal: abort.signal,
      headers: {
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(values['token'] === undefined ? {} : { Authorization: `Bearer ${values['token']}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const type = (response.headers.get('content-type') ?? '').split(';')[0] ?? ''
    const documented = operation?.responses[String(response.status)]
    const told = `${method} ${path} answered ${response.status} ${type}`
    expect(documented, `${told}, which the document does not know`).toBeDefined()
    const schema = documented?.content?.[type]?.schema
    expect(schema, `${told}, of which the document says nothing`).toBeDefined()
    seen.add(`${method} ${path} ${response.status}`)
    if (type !== 'application/json') return { status: response.status, body: null }
    const answer: unknown = await response.json()
    expect(check(schema ?? {}, answer), told).toBeNull()
    return { status: response.status, body: answer as Record<string, string> }
  }
  return { ask, seen }
}

const BASE = '/api/v1/signalling'

/** A computer that has taken over a meeting. */
const startAdopting = async () => {
  const [tls, code, ownerKey] = [await createSelfSigned(), 'k7mq2xvd9thr', 'o'.repeat(22)]
  const server = await startTestServer({ tls, succession: { ownerKey } })
  const door = { keyHash: '', password: null, knock: false, locked: false, hosts: [], hadHost: true, removed: [] }
  const [you, will] = ['a'.repeat(22), [createHostSigner().sign(code, tls.pin)]]
  const room = { code, will, estate: JSON.stringify({ title: '', capacity: 4, door }) }
  const { socket } = await connect(server.url)
  const people = [{ id: you, name: 'Ann' }]
  valueOf(await request(socket, 'room:adopt', { ownerKey, ...room, people, you }))
  return { tls, server, code }
}

test('running and ICE answer as documented', async () => {
  const { ask, seen } = await open()
  for (const path of ['/health', '/health/live', '/health/ready', '/iceServers', `${BASE}/health-status`])
    await ask('GET', path)
  expect(seen.size).toBe(5)
})

test('what is told of a meeting that was taken over answers as documented', async () => {
  const { ask, seen } = await open()
  await ask('GET', '/succession/{code}', { code: 'k7mq-2xvd-9thr' })
  const { tls, server, code } = await startAdopting()
  const { content } = operationOf('GET', '/succession/{code}')!.responses['200']!
  const answer: unknown = await (await fetch(`${server.url}/succession/${code}`)).json()
  expect(answer).toMatchObject({ pin: tls.pin })
  expect(check(content!['application/json']!.schema, answer)).toBeNull()
  expect([...seen]).toEqual(['GET /succession/{code} 404'])
})

test('appointments and their documents answer as documented', async () => {
  const { ask, seen } = await open()
  const made = await ask('POST', `${BASE}/appointments`, {}, { appointment_id: 'a 1', title: 'Visit' })
  await ask('POST', `${BASE}/appointments`, {}, { appointment_id: 'a 1' })
  await ask('POST', `${BASE}/appointments`, {}, { appointment_id: 7 })
  const chats = `${BASE}/save-chats/{appointment_id}`
  await ask('PUT', chats, { appointment_id: 'a 1' }, { chats: [{ text: 'hello' }] })
  await ask('PUT', chats, { appointment_id: 'a 1' }, { chats: ['hello'] })
  await ask('PUT', chats, { appointment_id: 'nowhere' }, { chats: [] })
  const documents = `${BASE}/documents/{appointment_id}/{kind}`
  const values = { appointment_id: 'a 1', kind: 'report' }
  await ask('PUT', documents, { ...values, token: made.body?.['token'] ?? '' }, { text: '# Hello', format: 'markdown' })
  await ask('PUT', documents, values, { text: 'not mine' })
  await ask('PUT', documents, values, { text: 7 })
  await ask('PUT', documents, values, { text: 'a'.repeat(100_001) })
  expect([...seen].map((line) => line.split(' ').at(-1)).toSorted()).toEqual([
    '200',
    '200',
    '200',
    '400',
    '400',
    '400',
    '403',
    '404',
    '409',
    '413',
  ])
})

test('sessions answer as documented', async () => {
  const { ask, seen } = await open()
  const [cam, eye] = ['cam', 'eye'].map((peerId) => ({ sessionId: 's', peerId }))
  const registered = await ask('POST', '/register/{sessionId}/{peerId}', cam)
  await ask('POST', '/register/{sessionId}/{peerId}', cam)
  await ask('POST', '/register/{sessionId}/{peerId}', eye)
  const token = registered.body?.['token'] ?? ''
  await ask('GET', '/events/{sessionId}/{peerId}', { sessionId: 's', peerId: 'nobody' })
  await ask('GET', '/events/{sessionId}/{peerId}', { ...cam, token: 'wrong' })
  await ask('GET', '/events/{sessionId}/{peerId}', { ...cam, token })
  const message = (body: object, values: Record<string, string> = { ...cam, token }) =>
    ask('POST', '/message/{sessionId}/{peerId}', values, body)
  const offer = { type: 'offer', sdp: 'v=0\r\n' }
  await message({ type: 'offer', payload: offer, target: 'eye' })
  await message({ type: 'offer', payload: offer, target: 'nobody' })
  await message({ type: 'shout', payload: offer, target: 'eye' })
  await message({ type: 'offer', payload: offer, target: 'cam' }, { sessionId: 's', peerId: 'nobody' })
  await message({ type: 'offer', payload: 'a'.repeat(70_000), target: 'eye' })
  expect(seen.size).toBeGreaterThanOrEqual(9)
})

test('live streams answer as documented', async () => {
  const { ask, seen } = await open()
  await ask('POST', '/live/create-stream-request', {}, { deviceId: 'cam-1' })
  await ask('POST', '/create-session', {}, { deviceId: 'no such id!' })
  await ask('GET', '/notification/events/{deviceId}', { deviceId: 'cam-1' })
  const made = await ask('POST', '/create-session', {}, { deviceId: 'cam-1' })
  const sessionId = made.body?.['sessionId'] ?? ''
  await ask('POST', '/notification/create', {}, { sessionId, deviceId: 'cam-1' })
  await ask('POST', '/notification/create', {}, { sessionId, deviceId: 'cam-2' })
  await ask('POST', '/live/stop', {}, { sessionId: 'nowhere' })
  await ask('POST', '/live/stop', {}, { sessionId })
  expect(seen.size).toBe(8)
})
