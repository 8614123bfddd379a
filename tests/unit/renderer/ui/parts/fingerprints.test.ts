import { expect, test } from 'vitest'
import { groupsOfFingerprint, groupsOfPin } from '#renderer/ui/parts/fingerprints.ts'

test('a fingerprint is read four bytes at a time', () => {
  expect(groupsOfFingerprint('10:17:1E:25:2C:33:3A:41:48')).toEqual(['10171E25', '2C333A41', '48'])
})

test('a pin is shown as browsers show the hash of a public key', () => {
  const pin = btoa(String.fromCharCode(...Array.from({ length: 32 }, (_, byte) => 255 - byte)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
  expect(groupsOfPin(pin)).toEqual([
    'fffefdfc',
    'fbfaf9f8',
    'f7f6f5f4',
    'f3f2f1f0',
    'efeeedec',
    'ebeae9e8',
    'e7e6e5e4',
    'e3e2e1e0',
  ])
  expect(groupsOfPin('no pin!')).toEqual([])
})
