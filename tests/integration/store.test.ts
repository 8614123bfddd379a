import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { readdirSync } from 'node:fs'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { startSignallingServer } from '#signalling/server.ts'
import { connect, joinRoom, request, startTestServer, valueOf } from '../helpers/signalling-client.ts'
import { AppointmentClient, post, saveChats, setDocument, storedChats } from './dialects/appointments-client.ts'

const MAIN = join(import.meta.dirname, '../../signalling/main.ts')

const makeFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'earshot-kill-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

interface ServerOnFolder {
  readonly child: ChildProcess
  readonly url: string
}

/** The standalone server on this folder, in a process that can be killed. */
const startProcess = async (dataDir: string): Promise<ServerOnFolder> => {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env['PATH'] ?? '', HOST: '127.0.0.1', PORT: '0', DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return { child, url: line.replace('listening on ', '') }
}

interface Writer {
  readonly appointment: string
  readonly token: string
  /** All that it ever sent, in order, and how much of that was acknowledged. */
  readonly chats: { readonly text: string }[]
  readonly reports: string[]
  savedChats: number
  savedReports: number
}

/** Saves one message more and another report in turn, until the server is gone. */
const write = async (url: string, writer: Writer, onSaved: () => void): Promise<void> => {
  const { appointment, token, chats, reports } = writer
  try {
    for (;;) {
      const chatCount = chats.push({ text: `${chats.length} ${'x'.repeat(500)}` })
      expect(await saveChats(url, appointment, chats)).toMatchObject({ status: 200 })
      writer.savedChats = chatCount
      onSaved()
      const reportCount = reports.push(`report ${reports.length}`)
      expect(await setDocument(url, appointment, 'report', { text: reports.at(-1) }, token)).toMatchObject({
        status: 200,
      })
      writer.savedReports = reportCount
    }
  } catch (error) {
    // The connection ended under the request, or under its answer.
    if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error
  }
}

/** Null when there is none. */
const readReport = async (url: string, appointment: string): Promise<string | null> => {
  const reader = await joinRoom(url, appointment, 'Reader')
  const report = await request(reader.socket, 'document:read', { kind: 'report' })
  reader.socket.close()
  return report.ok ? report.value.text : null
}

/** Lets everybody write, and kills the server while they do, after a random number of answers and a random moment more. */
const writeUntilKilled = async ({ child, url }: ServerOnFolder, writers: readonly Writer[]): Promise<void> => {
  const { promise: enough, resolve } = Promise.withResolvers<undefined>()
  let left = 2 + Math.floor(Math.random() * 20)
  const writing = writers.map((writer) => write(url, writer, () => (left -= 1) === 0 && resolve(undefined)))
  await Promise.race([enough, ...writing])
  await new Promise((then) => setTimeout(then, Math.random() * 5))
  child.kill('SIGKILL')
  await Promise.all([once(child, 'exit'), ...writing])
}

test('nothing that was acknowledged is lost when the server is killed, again and again', async () => {
  const dataDir = await makeFolder()
  let server = await startProcess(dataDir)
  const writers: Writer[] = []
  for (const appointment of ['a', 'b']) {
    const { body } = await post(`${server.url}/api/v1/signalling/appointments`, { appointment_id: appointment })
    writers.push({ appointment, token: String(body['token']), chats: [], reports: [], savedChats: 0, savedReports: 0 })
  }
  for (let round = 0; round < 10; round += 1) {
    await writeUntilKilled(server, writers)
    server = await startProcess(dataDir)
    for (const { appointment, chats, savedChats, reports, savedReports } of writers) {
      const stored = (await storedChats(server.url, appointment)) as unknown[]
      expect(stored.length).toBeGreaterThanOrEqual(savedChats)
      expect(stored).toEqual(chats.slice(0, stored.length))
      const report = await readReport(server.url, appointment)
      expect(report === null ? 0 : reports.indexOf(report) + 1).toBeGreaterThanOrEqual(savedReports)
    }
  }
  expect(writers[0]!.savedChats + writers[1]!.savedChats).toBeGreaterThan(20)
  expect(readdirSync(dataDir).filter((name) => name.includes('unreadable'))).toEqual([])
}, 120_000)

test('a damaged file is set aside, the log says so, and the server goes on with a new one', async () => {
  const dataDir = await makeFolder()
  await writeFile(join(dataDir, 'earshot.db'), 'this was a database once '.repeat(500))
  const logged: string[] = []
  const { url } = await startTestServer({ dataDir, log: (level, event) => logged.push(`${level} ${event}`) })
  expect(logged.filter((line) => line.includes('store'))).toEqual(['error store-set-aside'])
  expect(readdirSync(dataDir).some((name) => /^earshot\.db\.unreadable-\d+$/.test(name))).toBe(true)
  await new AppointmentClient(url).join('a', 'Ann')
  expect((await saveChats(url, 'a', [{ text: 'hi' }])).status).toBe(200)
})

test('a server whose file is full refuses with a message, serves calls, and loses nothing', async () => {
  const dataDir = await makeFolder()
  const logged: unknown[] = []
  const { url } = await startTestServer({
    dataDir,
    limits: { storeFileBytes: 300 * 1024 },
    log: (level, event, fields) => logged.push([level, event, fields['kind']]),
  })
  const ann = new AppointmentClient(url)
  await ann.join('a', 'Ann')
  expect((await saveChats(url, 'a', [{ text: 'kept' }])).status).toBe(200)
  expect(await saveChats(url, 'a', [{ text: 'kept' }, { text: 'x'.repeat(400_000) }])).toEqual({
    status: 507,
    body: { message: expect.any(String) },
  })
  expect(logged).toContainEqual(['error', 'store-fault', 'full'])
  const bob = new AppointmentClient(url)
  expect(await bob.join('a', 'Bob')).toMatchObject({ opponent_name: 'Ann', chats: [{ text: 'kept' }] })
  expect((await saveChats(url, 'a', [{ text: 'kept' }, { text: 'small' }])).status).toBe(200)
})

test('two processes on one folder that save the chat of one appointment at once lose nothing', async () => {
  const dataDir = await makeFolder()
  const servers = [await startProcess(dataDir), await startProcess(dataDir)]
  await new AppointmentClient(servers[0]!.url).join('a', 'Ann')
  const said = await Promise.all(
    servers.map(async ({ url }, by) => {
      const chats: unknown[] = []
      for (let at = 0; at < 30; at += 1) {
        chats.push({ by, at })
        expect((await saveChats(url, 'a', chats)).status).toBe(200)
      }
      return chats
    }),
  )
  const stored = (await storedChats(servers[1]!.url, 'a')) as { by: number }[]
  expect([0, 1].map((by) => stored.filter((chat) => chat.by === by))).toEqual(said)
  expect(stored).toHaveLength(60)
})

test('two servers on one folder see what the other has stored', async () => {
  const dataDir = await makeFolder()
  const [one, other] = [await startTestServer({ dataDir }), await startTestServer({ dataDir })]
  await new AppointmentClient(one.url).join('a', 'Ann')
  await Promise.all([saveChats(one.url, 'a', [{ text: 'first' }]), saveChats(other.url, 'a', [{ text: 'second' }])])
  const stored = (await storedChats(other.url, 'a')) as unknown[]
  expect(stored).toHaveLength(2)
  expect(await storedChats(one.url, 'a')).toEqual(stored)
})

test('after a restart, whoever comes by the name of an appointment meets whoever comes back with a token', async () => {
  const dataDir = await makeFolder()
  const before = await startSignallingServer({ host: '127.0.0.1', dataDir })
  await post(`${before.url}/api/v1/signalling/appointments`, { appointment_id: 'a' })
  const app = await joinRoom(before.url, 'a', 'Ann')
  await new AppointmentClient(before.url).join('a', 'Bob')
  await before.close()
  const { url } = await startTestServer({ dataDir })
  const bob = new AppointmentClient(url)
  expect(await bob.join('a', 'Bob')).toMatchObject({ remoteSocket: null })
  const again = await connect(url)
  const resumed = valueOf(await request(again.socket, 'peer:resume', { token: app.joined.token }))
  expect(resumed.room.peers.map(({ name }) => name)).toEqual(['Bob', 'Ann'])
  expect(resumed.room.code).toBe(app.joined.room.code)
})

test('without a data folder everything is there as long as the server runs', async () => {
  const { url } = await startTestServer()
  await new AppointmentClient(url).join('a', 'Ann')
  await saveChats(url, 'a', [{ text: 'hi' }])
  expect(await storedChats(url, 'a')).toEqual([{ text: 'hi' }])
  const other = await startTestServer()
  expect((await saveChats(other.url, 'a', [{ text: 'hi' }])).status).toBe(404)
})
