import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { limits, type DocumentKind } from '#signalling/protocol.ts'
import { startSignallingServer } from '#signalling/server.ts'
import { codeOf, connect, joinRoom, next, request, startTestServer, valueOf } from '../helpers/signalling-client.ts'
import { AppointmentClient, post, put, setDocument } from './dialects/appointments-client.ts'

const create = (url: string, body: unknown) => post(`${url}/api/v1/signalling/appointments`, body)
const refusedWith = (status: number) => ({ status, body: { message: expect.any(String) } })

/** Makes an appointment and answers its token. */
const own = async (url: string, id: string) => String((await create(url, { appointment_id: id })).body['token'])

test('[D1] whoever joins is told which documents there are, and reads them', async () => {
  const { url } = await startTestServer()
  const token = await own(url, 'visit')
  await setDocument(url, 'visit', 'transcript', { text: 'Ann: hello' }, token)
  await setDocument(url, 'visit', 'report', { text: '# Findings\n\n\n- none\t!', format: 'markdown' }, token)
  const ann = await joinRoom(url, 'visit', 'Ann')
  const [report, transcript] = [
    { kind: 'report', format: 'markdown', at: expect.any(Number), size: 21 },
    { kind: 'transcript', format: 'text', at: expect.any(Number), size: 10 },
  ]
  expect(ann.joined.documents).toEqual([report, transcript])
  expect(valueOf(await request(ann.socket, 'document:read', { kind: 'report' }))).toEqual({
    ...report,
    text: '# Findings\n\n\n- none\t!',
  })
  expect(valueOf(await request(ann.socket, 'document:read', { kind: 'transcript' }))).toEqual({
    ...transcript,
    text: 'Ann: hello',
  })
})

test('[D2] from outside nothing is read, and what was not set is not found', async () => {
  const { url } = await startTestServer()
  const token = await own(url, 'visit')
  await setDocument(url, 'visit', 'report', { text: 'secret' }, token)
  const eve = await connect(url)
  const read = (kind: DocumentKind) => request(eve.socket, 'document:read', { kind })
  expect(codeOf(await read('report'))).toBe('not-in-room')
  valueOf(await request(eve.socket, 'room:look', { code: 'visit' }))
  expect(codeOf(await read('report'))).toBe('not-in-room')
  const { code } = valueOf(await request(eve.socket, 'room:create', {}))
  valueOf(await request(eve.socket, 'room:join', { code, name: 'Eve' }))
  expect(codeOf(await read('report'))).toBe('document-not-found')
  valueOf(await request(eve.socket, 'room:leave', {}))
  valueOf(await request(eve.socket, 'room:join', { code: 'visit', name: 'Eve' }))
  expect(codeOf(await read('transcript'))).toBe('document-not-found')
  expect(valueOf(await read('report')).text).toBe('secret')
})

test('[D3] everyone inside is told of each change, and an empty text takes a document away', async () => {
  const { url } = await startTestServer()
  const token = await own(url, 'visit')
  const ann = await joinRoom(url, 'visit', 'Ann')
  const bob = await joinRoom(url, 'visit', 'Bob')
  const away = await connect(url)
  expect(ann.joined.documents).toEqual([])
  const change = async (text: string) => {
    const told = Promise.all([next(ann.socket, 'documents:changed'), next(bob.socket, 'documents:changed')])
    expect(await setDocument(url, 'visit', 'report', { text }, token)).toEqual({ status: 200, body: { success: true } })
    return told
  }
  const report = { kind: 'report', format: 'text', at: expect.any(Number), size: 3 }
  expect(await change('one')).toEqual([{ documents: [report] }, { documents: [report] }])
  expect(await change('')).toEqual([{ documents: [] }, { documents: [] }])
  expect(codeOf(await request(ann.socket, 'document:read', { kind: 'report' }))).toBe('document-not-found')
  valueOf(await request(away.socket, 'room:look', { code: 'visit' }))
  expect(away.facts.map(([name]) => name)).not.toContain('documents:changed')
})

test('[D4] setting a document makes an appointment that there is not, and later asks for its token', async () => {
  const { url } = await startTestServer()
  const first = await setDocument(url, 'new one', 'report', { text: 'mine' })
  expect(first).toEqual({ status: 200, body: { success: true, token: expect.stringMatching(/^[\w-]{43}$/) } })
  const token = String(first.body['token'])
  const other = await own(url, 'other')
  for (const wrong of [undefined, other, token.slice(1), `${token}=`, 'x'])
    expect(await setDocument(url, 'new one', 'report', { text: 'theirs' }, wrong)).toEqual(refusedWith(403))
  expect((await setDocument(url, 'new one', 'transcript', { text: 'more' }, token)).status).toBe(200)
  const ann = await joinRoom(url, 'new one', 'Ann')
  expect(valueOf(await request(ann.socket, 'document:read', { kind: 'report' })).text).toBe('mine')
})

test('[D4] what somebody made by joining belongs to nobody, and an appointment is made once', async () => {
  const { url } = await startTestServer()
  await new AppointmentClient(url).join('joined', 'Ann')
  expect(await setDocument(url, 'joined', 'report', { text: 'x' })).toEqual(refusedWith(403))
  expect(await create(url, { appointment_id: 'joined' })).toEqual(refusedWith(409))
  const { code } = valueOf(await request((await connect(url)).socket, 'room:create', {}))
  expect(await setDocument(url, code, 'report', { text: 'x' })).toEqual(refusedWith(403))
  expect(await create(url, { appointment_id: code })).toEqual(refusedWith(409))

  expect(await create(url, { appointment_id: 'Dr. Ö', title: 'First visit' })).toEqual({
    status: 200,
    body: { appointment_id: 'Dr. Ö', token: expect.stringMatching(/^[\w-]{43}$/), url: '/r/Dr.%20%C3%96' },
  })
  expect(await create(url, { appointment_id: 'Dr. Ö' })).toEqual(refusedWith(409))
  expect((await joinRoom(url, 'Dr. Ö', 'Ann')).joined.room.title).toBe('First visit')
  const { body } = await create(url, {})
  expect(body).toMatchObject({ url: `/r/${String(body['appointment_id'])}` })
})

test('[D5] a text of 100,000 is taken, a longer one and what is not well formed are refused', async () => {
  const { url } = await startTestServer()
  const token = await own(url, 'visit')
  const set = (body: unknown, kind = 'report') => setDocument(url, 'visit', kind, body, token)
  const longest = '\u20ac'.repeat(limits.documentText)
  expect((await set({ text: `${longest}x` })).status).toBe(413)
  for (const wrong of [{}, { text: 7 }, { text: 'x', format: 'html' }, { text: 'x', more: 1 }, [], null, 'x'])
    expect(await set(wrong)).toEqual(refusedWith(400))
  expect(await set({ text: 'x' }, 'diagnosis')).toEqual(refusedWith(400))
  for (const wrong of [{ appointment_id: '' }, { appointment_id: 'a'.repeat(65) }, { title: 7 }, { more: 1 }, []])
    expect(await create(url, wrong)).toEqual(refusedWith(400))
  const ann = await joinRoom(url, 'visit', 'Ann')
  expect(ann.joined.documents).toEqual([])
  expect((await set({ text: longest })).status).toBe(200)
  expect(valueOf(await request(ann.socket, 'document:read', { kind: 'report' })).text).toBe(longest)
  await set({ text: '<b>\u202e\u0000\tok\r\n\r\n\r\n  \ud800.' })
  expect(valueOf(await request(ann.socket, 'document:read', { kind: 'report' })).text).toBe('<b>\tok\n\n\n  .')
})

test('[D6] with a data folder an appointment, its title, documents and token survive a restart', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'earshot-documents-'))
  onTestFinished(() => rm(dataDir, { recursive: true }))
  const before = await startSignallingServer({ host: '127.0.0.1', dataDir })
  const { body } = await create(before.url, { appointment_id: 'visit', title: 'Visit' })
  await setDocument(before.url, 'visit', 'report', { text: 'kept' }, String(body['token']))
  await before.close()
  const { url } = await startTestServer({ dataDir })
  const ann = await joinRoom(url, 'visit', 'Ann')
  expect(ann.joined.room.title).toBe('Visit')
  expect(valueOf(await request(ann.socket, 'document:read', { kind: 'report' })).text).toBe('kept')
  expect((await setDocument(url, 'visit', 'report', { text: 'again' }, String(body['token']))).status).toBe(200)
  expect(await create(url, { appointment_id: 'visit' })).toEqual(refusedWith(409))
})

test('a server that asks for a token to make rooms makes no appointment without it', async () => {
  const { url } = await startTestServer({ access: { token: 'let-me-in', scope: 'create' } })
  const base = `${url}/api/v1/signalling`
  expect(await create(url, { appointment_id: 'visit' })).toEqual(refusedWith(403))
  expect(await setDocument(url, 'visit', 'report', { text: 'x' })).toEqual(refusedWith(403))
  await new AppointmentClient(url).refused('join_room', { appointment_id: 'visit', name: 'Eve' })
  const { body } = await post(`${base}/appointments?token=let-me-in`, { appointment_id: 'visit' })
  expect((await setDocument(url, 'visit', 'report', { text: 'x' }, String(body['token']))).status).toBe(200)
  expect((await put(`${base}/documents/other/report?token=let-me-in`, { text: 'x' })).status).toBe(200)
  expect(await new AppointmentClient(url).join('visit', 'Ann')).toMatchObject({ remoteSocket: null })
})
