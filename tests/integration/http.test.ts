import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startTestServer } from '../helpers/signalling-client.ts'
import { ask, openTcp } from '../helpers/signalling-raw.ts'

const PAGE = '<!doctype html><title>Earshot</title>'

const startWithPage = async () => {
  const pageDir = await mkdtemp(join(tmpdir(), 'earshot-page-'))
  onTestFinished(() => rm(pageDir, { recursive: true }))
  await mkdir(join(pageDir, 'assets'))
  await writeFile(join(pageDir, 'index.html'), PAGE)
  await writeFile(join(pageDir, 'assets', 'main-a1b2.js'), 'export {}')
  await writeFile(join(pageDir, '.secret'), 'secret')
  const server = await startTestServer({ pageDir })
  return { ...server, pageDir }
}

test('[H1] /health says that the server is well, and is never kept', async () => {
  const { port } = await startTestServer()
  const { status, headers, body } = await ask(port, '/health')
  expect([status, body]).toEqual([200, '{ "status": "ok" }'])
  expect(headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
  expect(await ask(port, '/health', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' })
})

test('[H2] the page is at / and at every address a room may have', async () => {
  const { port } = await startWithPage()
  for (const path of [
    '/',
    '/?x=1',
    '/r/k7mq2xvd9thr',
    '/r/k7mq-2xvd-9thr',
    '/r/K7MQ2XVD9THR/',
    '/r/Visit%20no.%207!',
    '/index.html',
  ])
    expect(await ask(port, path), path).toMatchObject({ status: 200, body: PAGE })
  for (const path of ['/r/', '/r/k7mq2xvd9thr/more', '/r/a%2fb', '/r/%00', '/r'])
    expect((await ask(port, path)).status, path).toBe(404)
})

test('[H2] a server without a built page says so', async () => {
  for (const pageDir of [undefined, join(tmpdir(), 'earshot-no-such-folder')]) {
    const { port } = await startTestServer({ pageDir })
    const { status, body, headers } = await ask(port, '/')
    expect(status).toBe(404)
    expect(headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(body).toBe('Earshot is running here, but its page has not been built.\n')
  }
})

test('[H3] nothing but the files of the page is served', async () => {
  const { port, pageDir } = await startWithPage()
  await symlink('/etc', join(pageDir, 'later'))
  const paths = ['/.secret', '/assets', '/assets/', '/assets/..', '/../package.json', '/..', '//etc/passwd', '/CON']
  const escaped = [
    '/%2e%2e/package.json',
    '/..%2fpackage.json',
    '/..%5cpackage.json',
    '/%00',
    '/%',
    '/assets%2fmain-a1b2.js',
  ]
  const odd = [
    '/..\\package.json',
    '/later/passwd',
    '/constructor',
    '/__proto__',
    '/C:\\x',
    '/main.js',
    '/health/',
    '/metrics',
  ]
  for (const path of [...paths, ...escaped, ...odd]) {
    const { status, body } = await ask(port, path)
    expect(status, path).toBe(404)
    expect(body).toBe('There is nothing at this address.\n')
  }
})

test('[H3] a file that has gone since the start costs that request and nothing else', async () => {
  const { port, pageDir } = await startWithPage()
  await rm(join(pageDir, 'assets', 'main-a1b2.js'))
  await expect(ask(port, '/assets/main-a1b2.js')).rejects.toThrow()
  expect((await ask(port, '/')).status).toBe(200)
})

test('[H4] anything but GET and HEAD is refused', async () => {
  const { port } = await startWithPage()
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'])
    for (const path of ['/', '/health', '/nothing'])
      expect(await ask(port, path, { method }), method).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
})

test('[H5] every answer holds the page to its own files and its own server', async () => {
  const { port } = await startWithPage()
  for (const path of ['/', '/assets/main-a1b2.js', '/health', '/nothing']) {
    const { headers } = await ask(port, path)
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'permissions-policy': 'camera=(self), microphone=(self), display-capture=(self)',
      'cross-origin-opener-policy': 'same-origin',
    })
    expect(headers).not.toHaveProperty('access-control-allow-origin')
    expect(headers).not.toHaveProperty('x-powered-by')
    const policy = String(headers['content-security-policy']).split('; ')
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).toContain("style-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).toContain("require-trusted-types-for 'script'")
    expect(policy).toContain(`connect-src 'self' ws://127.0.0.1:${port} wss://127.0.0.1:${port}`)
  }
})

test('[H6] a foreign name is refused whatever is asked for', async () => {
  const { port } = await startWithPage()
  for (const path of ['/', '/health', '/nothing', '/socket.io/'])
    for (const host of ['evil.example', `evil.example:${port}`, "a'; script-src *"])
      expect(await ask(port, path, { headers: { Host: host } }), host).toMatchObject({ status: 403 })
})

test('[H7] hashed files are kept for ever, the page is asked for each time', async () => {
  const { port } = await startWithPage()
  const page = await ask(port, '/')
  expect(page.headers).toMatchObject({ 'cache-control': 'no-cache', 'content-type': 'text/html;charset=utf-8' })
  const script = await ask(port, '/assets/main-a1b2.js')
  expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable')
  const known = { 'If-None-Match': String(page.headers.etag) }
  expect(await ask(port, '/', { headers: known })).toMatchObject({ status: 304, body: '' })
})

test('[H7] a part of a file, however badly asked for, is answered with the whole', async () => {
  const { port } = await startWithPage()
  for (const range of ['bytes=0-3', 'bytes=9-2', 'bytes=-5', 'bytes=999999-', 'x'])
    expect(await ask(port, '/', { headers: { Range: range } }), range).toMatchObject({ status: 200, body: PAGE })
})

test('[B6] headers that never end are cut off', async () => {
  const { port } = await startTestServer({ limits: { headersTimeoutMs: 100, checkConnectionsMs: 50 } })
  const { socket, ended } = openTcp(port)
  socket.write('GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')
  expect(await ended).toContain('408')
})

test('[B6] a connection that never says a word is cut off', async () => {
  const { port } = await startTestServer({ limits: { headersTimeoutMs: 100, checkConnectionsMs: 50 } })
  await openTcp(port).ended
})

test('[B6] a request that never ends is cut off', async () => {
  const limits = { headersTimeoutMs: 100, requestTimeoutMs: 100, checkConnectionsMs: 50 }
  const { port } = await startTestServer({ limits })
  const { socket, ended } = openTcp(port)
  socket.write('POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nx')
  expect(await ended).toContain('405')
})

test('[B7] too many or too large headers are refused', async () => {
  const { port } = await startTestServer()
  for (const headers of [`X-Large: ${'a'.repeat(64 * 1024)}\r\n`, 'X-Many: a\r\n'.repeat(3000)]) {
    const { socket, ended } = openTcp(port)
    socket.write(`GET /health HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`)
    expect(await ended).toContain('431')
  }
  const { socket, ended } = openTcp(port)
  socket.write('this is no HTTP\r\n\r\n')
  expect(await ended).toContain('400')
})
