import { once } from 'node:events'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { Exchange, findRoute, HttpRefusal, type Route } from '#signalling/http/router.ts'

const route = (method: Route['method'], path: string): Route => ({ method, path, handle: () => undefined })
const routes = [
  route('GET', '/events/:session/:peer'),
  route('POST', '/message/:session/:peer'),
  route('GET', '/list'),
  route('PUT', '/list'),
  route('POST', '/list/:id'),
]
const paramsOf = (path: string, method = 'GET') => findRoute(routes, method, path).found?.params

test('a path is matched word by word, with or without a last slash', () => {
  expect(paramsOf('/events/a/b')).toEqual({ session: 'a', peer: 'b' })
  expect(paramsOf('/events/a/b/')).toEqual({ session: 'a', peer: 'b' })
  expect(paramsOf('/list')).toEqual({})
  for (const path of ['/events/a', '/events/a/b/c', '/events//b', '/Events/a/b', 'events/a/b', '/', '', '/list/x'])
    expect(paramsOf(path), path).toBeUndefined()
})

test('parameters are decoded, and may be anything that can be seen and is no separator', () => {
  expect(paramsOf('/events/house%201/T%C3%BCr')).toEqual({ session: 'house 1', peer: 'Tür' })
  expect(paramsOf('/events/__proto__/..')).toEqual({ session: '__proto__', peer: '..' })
  expect(paramsOf(`/events/a/${'x'.repeat(128)}`)).toBeDefined()
  for (const bad of ['%', '%2f', '%5C', '%00', '%0a', '%ff', '%ed%a0%80', '%7f', 'x'.repeat(129)])
    expect(paramsOf(`/events/a/${bad}`), bad).toBeUndefined()
})

test('the methods of a path are answered, whatever it was asked with', () => {
  expect(findRoute(routes, 'POST', '/list')).toEqual({ found: null, methods: ['GET', 'PUT'] })
  expect(findRoute(routes, 'DELETE', '/message/a/b')).toEqual({ found: null, methods: ['POST'] })
  expect(findRoute(routes, 'GET', '/none')).toEqual({ found: null, methods: [] })
  expect(findRoute(routes, undefined, '/list').found).toBeNull()
})

test('HEAD finds the route of GET', () => {
  expect(findRoute(routes, 'HEAD', '/list').found?.route).toBe(routes[2])
  expect(findRoute(routes, 'HEAD', '/message/a/b').found).toBeNull()
})

interface Answered {
  status?: number
  headers?: Record<string, unknown>
  body?: string | undefined
}

const exchangeOf = (
  body: string | string[],
  {
    headers = {},
    url = '/',
    method = 'POST',
  }: { headers?: Record<string, string>; url?: string; method?: string } = {},
) => {
  const request = Object.assign(Readable.from([body].flat().map((text) => Buffer.from(text))), {
    ...{ url, method, headers: { 'content-type': 'application/json', ...headers } },
  })
  const answered: Answered = {}
  const response = {
    headersSent: false,
    writeHead: (status: number, sent: Record<string, unknown>) => {
      response.headersSent = true
      Object.assign(answered, { status, headers: sent })
    },
    end: (text?: string) => (answered.body = text),
  }
  const asker = { address: '192.0.2.7', mayCreate: true }
  return { exchange: new Exchange(request as never, response as never, { id: 'a' }, asker), answered, request }
}

const statusOf = (reading: Promise<unknown>): Promise<number> =>
  reading.then(
    () => 200,
    (fault: unknown) => (fault instanceof HttpRefusal ? fault.status : 0),
  )

test('JSON is read up to its bound', async () => {
  expect(await exchangeOf('{"a":[1]}').exchange.readJson(9)).toEqual({ a: [1] })
  expect(await statusOf(exchangeOf('{"a":[1]}').exchange.readJson(8))).toBe(413)
  expect(await exchangeOf('"ü"').exchange.readJson(4)).toBe('ü')
  expect(await statusOf(exchangeOf('"ü"').exchange.readJson(3))).toBe(413)
  expect(await statusOf(exchangeOf('{}', { headers: { 'content-length': '9' } }).exchange.readJson(8))).toBe(413)
})

test('what is left of a body that is too large is read all the same, so that its sender gets the answer', async () => {
  for (const headers of [{}, { 'content-length': '30' }]) {
    const { exchange, request } = exchangeOf(['x'.repeat(10), 'x'.repeat(10), 'x'.repeat(10)], { headers })
    const ended = once(request, 'end')
    expect(await statusOf(exchange.readJson(15))).toBe(413)
    await ended
  }
})

test('what is no JSON, or does not say that it is, is refused', async () => {
  for (const body of ['', '{', 'x', '{"a":1}}'])
    expect(await statusOf(exchangeOf(body).exchange.readJson(99))).toBe(400)
  for (const type of ['', 'text/plain', 'application/jsonp', 'application/x-www-form-urlencoded', 'text/json'])
    expect(await statusOf(exchangeOf('{}', { headers: { 'content-type': type } }).exchange.readJson(99)), type).toBe(
      415,
    )
  const withCharset = exchangeOf('{}', { headers: { 'content-type': 'Application/JSON; charset=utf-8' } })
  expect(await withCharset.exchange.readJson(99)).toEqual({})
})

test('an answer is JSON of its length, is never kept, and is given once', () => {
  const { exchange, answered } = exchangeOf('')
  exchange.json(404, { message: 'Tür' })
  exchange.json(200, {})
  expect(answered).toEqual({
    status: 404,
    headers: {
      ...{ 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' },
      'Content-Length': 18,
    },
    body: '{"message":"Tür"}',
  })
})

test('HEAD is answered without a body', () => {
  const { exchange, answered } = exchangeOf('', { method: 'HEAD' })
  exchange.json(200, { a: 1 })
  expect(answered).toMatchObject({ status: 200, headers: { 'Content-Length': 7 } })
  expect(answered.body).toBeUndefined()
})

test('who asks, the parameters, the query and the bearer token are at hand', () => {
  const { exchange } = exchangeOf('', { url: '/list?a=1&b=%20', headers: { authorization: 'Bearer abc.DEF~+/-_=' } })
  expect([exchange.param('id'), exchange.param('other')]).toEqual(['a', ''])
  expect([exchange.query.get('a'), exchange.query.get('b')]).toEqual(['1', ' '])
  expect([exchange.address, exchange.mayCreate, exchange.bearer]).toEqual(['192.0.2.7', true, 'abc.DEF~+/-_='])
  for (const authorization of ['', 'Bearer', 'Bearer ', 'Basic abc', 'Bearer a b', `Bearer ${'x'.repeat(2049)}`])
    expect(exchangeOf('', { headers: { authorization } }).exchange.bearer, authorization).toBeNull()
})
