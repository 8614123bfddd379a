import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { io, type ManagerOptions, type SocketOptions } from 'socket.io-client'
import { expect, onTestFinished, test, type TestContext } from 'vitest'
import { PROTOCOL_VERSION } from '#signalling/protocol.ts'
import type { SignallingServerOptions } from '#signalling/server.ts'
import { openRedisCluster } from '#signalling/cluster/open-cluster.ts'
import { freePort } from '../helpers/free-port.ts'
import { RedisServer, whyNoRedis } from '../helpers/redis.ts'
import { joinRoom, startTestServer } from '../helpers/signalling-client.ts'

const EXAMPLE = join(import.meta.dirname, '../../build/deploy/nginx.conf')
const NAME = 'meet.example.org'
/** Of the system, where they are. */
const NGINX = 'nginx'
const OPENSSL = 'openssl'

const runs = (program: string, ...args: string[]) => spawnSync(program, args, { stdio: 'ignore' }).status === 0
const canRun = runs(NGINX, '-v') && runs(OPENSSL, 'version')

/** Our example of a configuration, with nothing changed but where things are. */
const configuration = async (
  folder: string,
  ports: { tls: number; plain: number; servers: readonly number[] },
): Promise<string> => {
  const certificate = ['-keyout', 'key.pem', '-out', 'cert.pem', '-days', '1', '-subj', `/CN=${NAME}`]
  const made = spawnSync(OPENSSL, ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...certificate], { cwd: folder })
  expect(made.status).toBe(0)
  const example = (await readFile(EXAMPLE, 'utf8'))
    .replaceAll(/^ *listen \[::\].*\n/gm, '')
    .replace('listen 443 ssl', `listen 127.0.0.1:${String(ports.tls)} ssl`)
    .replace('listen 80', `listen 127.0.0.1:${String(ports.plain)}`)
    .replace('server 127.0.0.1:8001;', ports.servers.map((port) => `server 127.0.0.1:${String(port)};`).join('\n'))
    .replace(ports.servers.length > 1 ? '# hash' : 'nothing', 'hash')
    .replaceAll(/\/etc\/letsencrypt\/live\/\S+\/fullchain.pem/g, join(folder, 'cert.pem'))
    .replaceAll(/\/etc\/letsencrypt\/live\/\S+\/privkey.pem/g, join(folder, 'key.pem'))
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const paths = temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n')
  return `pid ${folder}/nginx.pid;\nerror_log stderr;\nevents {}\nhttp {\n${paths}\n${example}\n}\n`
}

const trusting = { allowedOrigins: [`https://${NAME}`], trustedProxies: ['127.0.0.1'] }

/** A server that trusts its proxy, and a real nginx before it; answers the port of nginx. */
const startBehindNginx = async (context: TestContext, options: SignallingServerOptions = {}) => {
  if (!canRun) context.skip('nginx or openssl is not installed')
  const server = await startTestServer({ ...trusting, ...options })
  return { server, ...(await startNginx([server.port])) }
}

const startNginx = async (servers: readonly number[]) => {
  const folder = await mkdtemp(join(tmpdir(), 'earshot-nginx-'))
  const [tls, plain] = [await freePort(), await freePort()]
  const file = join(folder, 'nginx.conf')
  await writeFile(file, await configuration(folder, { tls, plain, servers }))
  const child = spawn(NGINX, ['-p', folder, '-c', file, '-g', 'daemon off; worker_processes 1;'], { stdio: 'ignore' })
  onTestFinished(async () => {
    child.kill('SIGTERM')
    if (child.exitCode === null) await once(child, 'exit')
    await rm(folder, { recursive: true, force: true })
  })
  await expect.poll(() => ask(tls, '/health').catch(() => null)).toMatchObject({ status: 200 })
  return { tls, plain }
}

const open = async (port: number, path: string, { method = 'GET', headers = {} } = {}): Promise<IncomingMessage> => {
  const where = { host: '127.0.0.1', port, path, servername: NAME, rejectUnauthorized: false }
  const asked = request({ ...where, method, headers: { Host: NAME, ...headers } }).end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  return response
}

const ask = async (port: number, path: string, headers = {}) => {
  const response = await open(port, path, { headers })
  return { status: response.resume().statusCode, headers: response.headers }
}

const connectThrough = (port: number, options: Partial<ManagerOptions & SocketOptions>) => {
  const socket = io(`https://127.0.0.1:${String(port)}`, {
    ...{ forceNew: true, reconnection: false, rejectUnauthorized: false },
    extraHeaders: { Host: NAME, Origin: `https://${NAME}` },
    ...options,
  })
  onTestFinished(() => void socket.close())
  return socket
}

test('behind the nginx of the example, WebSockets and long-polling get through', async (context) => {
  const { tls } = await startBehindNginx(context)
  const own = connectThrough(tls, { transports: ['websocket'], auth: { version: PROTOCOL_VERSION } })
  expect(await own.emitWithAck('room:create', {})).toMatchObject({ ok: true })
  const polling = connectThrough(tls, { transports: ['polling'] })
  expect(await polling.emitWithAck('join_room', { appointment_id: 'visit-1', name: 'Ann' })).toMatchObject({
    message: 'Joined Successfully',
  })
  const upgrading = connectThrough(tls, {})
  await new Promise<void>((resolve) => upgrading.once('connect', resolve))
  await expect.poll(() => upgrading.io.engine.transport.name).toBe('websocket')
})

test('an event stream arrives as it is written', async (context) => {
  const { tls } = await startBehindNginx(context)
  const registered = await open(tls, '/register/visit-2/one', { method: 'POST' })
  expect(registered.resume().statusCode).toBe(200)
  const stream = await open(tls, '/events/visit-2/one')
  // Nothing is ever finished here: with buffering there would be no first byte.
  const [first] = (await once(stream, 'data')) as [Buffer]
  expect(first.length).toBeGreaterThan(0)
  stream.destroy()
})

test('a client is counted by the address that nginx saw, whatever it writes, and no figures get out', async (context) => {
  const limits = { roomRate: { burst: 3, perSecond: 0.001 }, isLoopbackExempt: false }
  const { tls } = await startBehindNginx(context, { limits })
  const statuses: (number | undefined)[] = []
  for (const claimed of [1, 2, 3, 4])
    statuses.push((await ask(tls, '/iceServers', { 'X-Forwarded-For': `198.51.100.${String(claimed)}` })).status)
  expect(statuses).toEqual([200, 200, 200, 429])
  expect((await ask(tls, '/metrics')).status).toBe(404)
  expect((await ask(tls, '/')).headers['strict-transport-security']).toBe('max-age=31536000')
})

test('behind it, three processes are one server, and whoever was at one that stops comes to another', async (context) => {
  const reason = canRun ? await whyNoRedis() : 'nginx or openssl is not installed'
  if (reason !== null) context.skip(reason)
  const redis = await RedisServer.start()
  onTestFinished(() => redis.close())
  const start = () => startTestServer({ ...trusting, openCluster: openRedisCluster(redis.url) })
  const servers = [await start(), await start(), await start()]
  const { tls } = await startNginx(servers.map(({ port }) => port))
  const ann = connectThrough(tls, { transports: ['polling'], reconnection: true })
  const join = (name: string) => ann.emitWithAck('join_room', { appointment_id: 'visit-3', name }) as Promise<unknown>
  expect(await join('Ann')).toMatchObject({ message: 'Joined Successfully' })
  const eve = await joinRoom(servers[2]!.url, 'visit-3', 'Eve')
  expect(eve.joined.room.peers.map(({ name }) => name)).toEqual(['Ann', 'Eve'])
  const isBack = new Promise<void>((resolve) => ann.io.once('reconnect', () => resolve()))
  await Promise.all([servers[0]!.close(), servers[1]!.close()])
  if (ann.connected) ann.io.engine.close()
  await isBack
  expect(await join('Ann again')).toMatchObject({ message: 'Joined Successfully' })
  const bob = await joinRoom(servers[2]!.url, 'visit-3', 'Bob')
  expect(bob.joined.room.peers.map(({ name }) => name)).toEqual(expect.arrayContaining(['Ann again', 'Bob']))
})
