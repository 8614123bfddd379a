import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { PROTOCOL_VERSION } from '#signalling/protocol.ts'
import {
  anOffer,
  connect,
  createRoom,
  dropConnection,
  joinRoom,
  next,
  request,
  valueOf,
} from '../helpers/signalling-client.ts'
import { ask } from '../helpers/signalling-raw.ts'

const MAIN = join(import.meta.dirname, '../../signalling/main.ts')
const SECRET = 'a-secret-of-the-turn-server'
const TOKEN = 'an-access-token-of-many-letters'

/** Runs the standalone server; `stop` answers what it wrote, once it has ended by itself. */
const run = async (environment: Record<string, string>) => {
  const cwd = await mkdtemp(join(tmpdir(), 'earshot-logs-'))
  const child = spawn(process.execPath, [MAIN], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', HOST: '127.0.0.1', PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => (output.stdout += String(chunk)))
  child.stderr.on('data', (chunk) => (output.stderr += String(chunk)))
  const ended = once(child, 'close')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
    await rm(cwd, { recursive: true })
  })
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
    return output
  }
  return { url: line.replace('listening on ', ''), stop }
}

type Line = Record<string, unknown>
const linesOf = (stderr: string): Line[] =>
  stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)

test('at info a whole session is told in lines of JSON, and none of what people said, are or hold', async () => {
  const turn = { TURN_URLS: 'turn:127.0.0.1:3478', TURN_SECRET: SECRET }
  const { url, stop } = await run({ LOG_LEVEL: 'info', ACCESS_TOKEN: TOKEN, METRICS: 'on', ...turn })
  const host = await connect(url, { auth: { version: PROTOCOL_VERSION, token: TOKEN } })
  const code = await createRoom(host.socket, { title: 'Quarterly Figures' })
  const [ann, bob] = [await joinRoom(url, code, 'Annabel'), await joinRoom(url, code, 'Bobby')]
  const received = next(bob.socket, 'signal:received')
  ann.socket.emit('signal:send', {
    to: bob.joined.peerId,
    signal: anOffer('epoch-of-ann', 'v=0 session description\r\n'),
  })
  await received
  valueOf(await request(ann.socket, 'chat:send', { nonce: 'nonce-0001', text: 'between you and me' }))
  const away = next(ann.socket, 'peer:away')
  dropConnection(bob.socket)
  await away
  const again = await connect(url)
  valueOf(await request(again.socket, 'peer:resume', { token: bob.joined.token }))
  await request(again.socket, 'room:join', { code: 'no such room', name: 'Bobby' })
  await request(again.socket, 'peer:resume', { token: 'a-token-of-nobody' })
  const { body } = await ask(Number(new URL(url).port), '/iceServers?token=a-token-in-the-query')
  const { credential } = JSON.parse(body) as { credential: string }
  await request(ann.socket, 'room:leave', {})
  const { stdout, stderr } = await stop()

  expect(stdout).toBe(`listening on ${url}\n`)
  const lines = linesOf(stderr)
  for (const line of lines)
    expect(line).toMatchObject({ level: 'info', time: expect.any(String), event: expect.any(String) })
  const events = lines.map(({ event }) => event)
  const told = ['server-started', 'connection-opened', 'room:create', 'room:join', 'peer:resume', 'connection-closed']
  expect([...told, 'room:leave', 'server-stopping'].filter((event) => !events.includes(event))).toEqual([])
  expect(lines).toContainEqual(expect.objectContaining({ event: 'peer:resume', result: 'already-in-room' }))
  const people = ['Annabel', 'Bobby', 'Quarterly', ann.joined.peerId, bob.joined.peerId, again.session.peerId]
  const rooms = [code, 'no such room', 'between you', 'session description', 'epoch-of-ann']
  const secrets = [SECRET, TOKEN, 'a-token', ann.joined.token, bob.joined.token, credential]
  expect([...people, ...rooms, ...secrets].filter((word) => stderr.includes(word))).toEqual([])
})

test.each(['', 'warn', 'error', 'silent'])(
  'at level "%s" a session without trouble is not worth a line',
  async (level) => {
    const { url, stop } = await run({ LOG_LEVEL: level })
    await joinRoom(url, await createRoom((await connect(url)).socket), 'Ann')
    expect(await stop()).toEqual({ stdout: `listening on ${url}\n`, stderr: '' })
  },
)

test('a flood is told as a warning, with the address it came from', async () => {
  const { url, stop } = await run({})
  const { socket } = await connect(url)
  const gone = new Promise((resolve) => socket.once('disconnect', resolve))
  for (let count = 0; count < 1000; count += 1) socket.emit('what' as 'room:leave', {}, () => undefined)
  await gone
  expect(linesOf((await stop()).stderr)).toEqual([
    { level: 'warn', time: expect.any(String), address: '127.0.0.1', event: 'flood-cut' },
  ])
})
