import { expect, test } from 'vitest'
import { isUsableCandidate, withoutUnusableCandidates } from '#signalling/relay/candidates.ts'

const usable = 'candidate:1 1 udp 2113937151 192.168.1.7 54321 typ host generation 0'

test.each([
  ['an address and a port', usable, true],
  ['IPv6', 'candidate:1 1 UDP 2113937151 fd00::7 54321 typ host', true],
  ['a name that browsers make up', 'candidate:1 1 udp 1 4d5a-77.local 54321 typ host', false],
  ['any other name', 'candidate:1 1 udp 1 example.org 54321 typ host', false],
  ['TCP', 'candidate:1 1 tcp 1 192.168.1.7 9 typ host tcptype active', false],
  ['port 0', 'candidate:1 1 udp 1 192.168.1.7 0 typ host', false],
  ['a port that there is not', 'candidate:1 1 udp 1 192.168.1.7 70000 typ host', false],
  ['a type that there is not', 'candidate:1 1 udp 1 192.168.1.7 7000 typ other', false],
  ['nothing', '', false],
])('%s', (_, candidate, expected) => {
  expect(isUsableCandidate(candidate)).toBe(expected)
})

test('an answer keeps every line but those of candidates that are not tried', () => {
  const kept = ['v=0', `a=${usable}`, 'a=mid:0', '']
  expect(
    withoutUnusableCandidates(
      [...kept.slice(0, 2), 'a=candidate:1 1 udp 1 x.local 5 typ host', ...kept.slice(2)].join('\r\n'),
    ),
  ).toBe(kept.join('\r\n'))
})
