import { expect, test } from 'vitest'
import { refuse } from '#signalling/domain/results.ts'
import { RequestGate } from '#signalling/transports/request-gate.ts'
import { requests, type RequestKind } from '#signalling/transports/requests.ts'
import { createWorld } from '../../../helpers/signalling-domain.ts'

const create = (changes: Partial<RequestKind> = {}, refusal: () => ReturnType<typeof refuse> | null = () => null) => {
  const { limits, clock, visit } = createWorld({ roomRate: { burst: 2, perSecond: 1 } })
  const logged: [level: string, event: string, fields: object][] = []
  const known = requests.get('room:leave')!
  const gate = new RequestGate(visit().session, {
    requests: new Map([['room:leave', { ...known, ...changes }]]),
    limits,
    clock,
    log: (...line) => logged.push(line),
    refusal,
    services: { iceFor: () => ({ iceServers: [] }) },
    tally: null,
  })
  return { gate, logged }
}

test('[A5] a fault in a request is answered, logged by name, and goes no further', () => {
  const { gate, logged } = create({
    handle: () => {
      throw new Error('broken')
    },
  })
  const answer = () => undefined
  expect(gate.handle(['room:leave', { secret: 1 }, answer])).toMatchObject({ result: { code: 'internal' }, answer })
  expect(logged).toEqual([['error', 'request-fault', { request: 'room:leave', fault: 'Error: broken' }]])
})

test('[B2] a request beyond the rate is not even looked at', () => {
  let looked = 0
  const handle = () => {
    looked += 1
    return refuse('bad-request')
  }
  const { gate } = create({ handle })
  const codes = [1, 2, 3].map(() => gate.handle(['room:leave', {}]))
  expect(codes.at(-1)).toMatchObject({ result: { code: 'too-many-requests' }, answer: null })
  expect(looked).toBe(2)
})

test('[C3] whoever may ask nothing is told why, whatever they ask', () => {
  const { gate } = create({}, () => refuse('unsupported-version'))
  expect(gate.handle(['room:leave', {}])).toMatchObject({
    request: 'room:leave',
    result: { code: 'unsupported-version' },
  })
})

test('[A4] a name that is no text or no request is refused', () => {
  for (const name of [7, null, {}, 'toString']) {
    const { gate } = create()
    expect(gate.handle([name, {}])).toMatchObject({ request: null, result: { code: 'bad-request' } })
  }
})
