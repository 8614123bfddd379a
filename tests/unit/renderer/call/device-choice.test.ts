import { describe, expect, it } from 'vitest'
import { chooseDevice, isToBeExchanged } from '#renderer/call/device-choice.ts'
import { nameDeviceProblem, SystemRefusal } from '#renderer/call/device-problem.ts'

const built = { id: '1', label: 'Built in' }
const headset = { id: '2', label: 'Headset' }
const standard = { id: 'default', label: 'Default - Built in' }
const none = { id: '', label: '' }

describe('the device to open', () => {
  it.each([
    [[built, headset], headset, headset],
    [[built, { ...headset, id: '9' }], headset, { ...headset, id: '9' }],
    [[built, standard], headset, standard],
    [[built], headset, built],
    [[built, headset], none, built],
    [[{ id: '', label: '' }], none, { id: '', label: '' }],
    [[], headset, null],
  ])('among %o for wish %o is %o', (available, wanted, chosen) => {
    expect(chooseDevice(available, wanted)).toEqual(chosen)
  })
})

describe('an open device', () => {
  it.each([
    ['is kept while it is the wanted one', '2', [built, headset], headset, false],
    ['is exchanged when it is gone', '2', [built], headset, true],
    ['is exchanged when the wanted one is back', '1', [built, headset], headset, true],
    ['is kept when no certain one is wanted', '1', [built, headset], none, false],
    ['is kept when there is nothing else', '2', [], headset, false],
  ] as const)('%s', (_, openId, available, wanted, isExchanged) => {
    expect(isToBeExchanged(openId, available, wanted)).toBe(isExchanged)
  })
})

it.each([
  [new DOMException('Permission denied', 'NotAllowedError'), 'refused-by-person'],
  [new DOMException('Permission dismissed', 'NotAllowedError'), 'refused-by-person'],
  [new DOMException('Permission denied by system', 'NotAllowedError'), 'refused-by-system'],
  [new SystemRefusal('camera'), 'refused-by-system'],
  [new DOMException('', 'NotFoundError'), 'none-found'],
  [new DOMException('', 'OverconstrainedError'), 'none-found'],
  [new DOMException('', 'NotReadableError'), 'in-use'],
  [new DOMException('', 'AbortError'), 'in-use'],
  [new TypeError('x'), 'unknown'],
  ['x', 'unknown'],
])('%o is called %s', (error, problem) => {
  expect(nameDeviceProblem(error)).toBe(problem)
})
