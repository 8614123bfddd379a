import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { closed, connect, fillRoom, next, request, valueOf } from '../helpers/signalling-client.ts'
import { ask, upgrade } from '../helpers/signalling-raw.ts'

const MAIN = join(import.meta.dirname, '../../signalling/main.ts')

const makeFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'earshot-main-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

/** Runs the standalone server in a folder of its own; ended with the test. */
const run = async (environment: Record<string, string>, cwd?: string) => {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [MAIN], {
    cwd: cwd ?? (await makeFolder()),
    env: { PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => (output.stdout += String(chunk)))
  child.stderr.on('data', (chunk) => (output.stderr += String(chunk)))
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
  })
  const listening = async () => {
    const [line] = (await once(createInterface({ input: child.stdout }), 'line', {
      signal: AbortSignal.timeout(10_000),
    })) as [string]
    const url = line.replace('listening on ', '')
    return { url, port: Number(new URL(url).port) }
  }
  return { child, output, exited, listening }
}

test('the standalone server says one line when it is ready, and is healthy then', async () => {
  const { listening, output } = await run({ HOST: '127.0.0.1', PORT: '0' })
  const { url, port } = await listening()
  expect(output).toEqual({ stdout: `listening on http://127.0.0.1:${port}\n`, stderr: '' })
  expect((await ask(port, '/health')).status).toBe(200)
  expect((await connect(url)).session.peerId).toBeDefined()
})

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it in peace within two seconds, clients and all', async (signal) => {
  const { child, listening, output, exited } = await run({ PORT: '0' })
  const { url } = await listening()
  expect(url).toMatch(/^http:\/\/localhost:\d+$/)
  const [ann, bob] = await fillRoom(url, 'Ann', 'Bob')
  const stopping = Promise.all([next(ann.socket, 'server:stopping'), next(bob.socket, 'server:stopping')])
  const startedAt = performance.now()
  child.kill(signal)
  await stopping
  expect(await exited).toBe(0)
  expect(performance.now() - startedAt).toBeLessThan(2000)
  await Promise.all([closed(ann.socket), closed(bob.socket)])
  expect(output.stderr).toBe('')
})

test('a taken port is said in one sentence', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void other.close())
  const { port } = other.address() as AddressInfo
  const { exited, output } = await run({ HOST: '127.0.0.1', PORT: String(port) })
  expect(await exited).toBe(1)
  expect(output).toEqual({ stdout: '', stderr: 'The port is already in use; choose another one with PORT.\n' })
})

test.each([
  { PORT: 'http' },
  { PORT: '70000' },
  { PORT: '-1' },
  { CLIENT_URL: 'meet.example.org' },
  { CLIENT_URL: 'https://meet.example.org/path' },
  { CLIENT_URL: 'https://ok.example.org,*' },
  { HOST: 'no such host' },
])('a wrong value is said in one sentence: %j', async (environment) => {
  const { exited, output } = await run({ PORT: '0', ...environment })
  expect(await exited).toBe(1)
  expect(output.stdout).toBe('')
  expect(output.stderr).toMatch(/^[^\n]+\n$/)
  expect(output.stderr).not.toContain('    at ')
})

test('settings come from .env, and the environment goes before it', async () => {
  const cwd = await makeFolder()
  await writeFile(
    join(cwd, '.env'),
    'HOST=127.0.0.1\nPORT=nonsense\nCLIENT_URL="https://one.example.org, https://two.example.org/"\n',
  )
  const { listening } = await run({ PORT: '0' }, cwd)
  const { url } = await listening()
  expect(url).toContain('127.0.0.1')
  expect(await upgrade(url, { Origin: 'https://two.example.org' })).toBe(101)
  expect(await upgrade(url, { Origin: 'https://three.example.org' })).toBe(403)
})

test('[R8] people are back in their room after the process was killed and started again', async () => {
  const cwd = await makeFolder()
  const former = await run({ HOST: '127.0.0.1', PORT: '0' }, cwd)
  const [ann] = await fillRoom((await former.listening()).url, 'Ann')
  former.child.kill('SIGKILL')
  await former.exited
  const { listening } = await run({ HOST: '127.0.0.1', PORT: '0' }, cwd)
  const again = await connect((await listening()).url)
  const resumed = valueOf(await request(again.socket, 'peer:resume', { token: ann.joined.token }))
  expect(resumed).toMatchObject({ peerId: ann.joined.peerId, room: { code: ann.joined.room.code } })
})

test('[R8] with an empty DATA_DIR nothing outlives the process', async () => {
  const cwd = await makeFolder()
  const environment = { HOST: '127.0.0.1', PORT: '0', DATA_DIR: '' }
  const former = await run(environment, cwd)
  const [ann] = await fillRoom((await former.listening()).url, 'Ann')
  former.child.kill('SIGKILL')
  await former.exited
  const { listening } = await run(environment, cwd)
  const again = await connect((await listening()).url)
  expect(await request(again.socket, 'peer:resume', { token: ann.joined.token })).toMatchObject({
    code: 'resume-refused',
  })
})
