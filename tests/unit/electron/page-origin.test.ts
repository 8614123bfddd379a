import { expect, test } from 'vitest'
import { choosePageOrigin, isPageAddress, originOf } from '#electron/page-origin.ts'

const bundle = { url: 'app://bundle/', origin: 'app://bundle', isDevelopment: false }

test('a packaged app shows its bundle, whatever the environment says', () => {
  expect(choosePageOrigin(true, 'http://127.0.0.1:5173')).toEqual(bundle)
})

test('a run from the sources shows a development server on this computer', () => {
  expect(choosePageOrigin(false, 'http://127.0.0.1:5173')).toEqual({
    url: 'http://127.0.0.1:5173/',
    origin: 'http://127.0.0.1:5173',
    isDevelopment: true,
  })
  expect(choosePageOrigin(false, undefined)).toEqual(bundle)
})

test.each([
  'https://evil.example',
  'http://192.168.1.20:5173',
  'http://127.0.0.1.evil.example',
  'file:///tmp/x',
  'nonsense',
  '',
])('a development server at "%s" is passed over', (address) => expect(choosePageOrigin(false, address)).toEqual(bundle))

test.each(['app://bundle/', 'app://bundle', 'app://bundle/r/x?y#z'])('%s lies in the page', (address) =>
  expect(isPageAddress(choosePageOrigin(true, undefined), address)).toBe(true),
)

test.each([
  'app://bundle.evil',
  'app://bundle@evil/',
  'app://bundle:1/',
  'https://bundle/',
  'app:bundle',
  'blob:app://bundle/x',
  'data:text/html,x',
  '',
])('%s does not', (address) => expect(isPageAddress(choosePageOrigin(true, undefined), address)).toBe(false))

test('what has no host has no origin', () => {
  expect(originOf('about:blank')).toBeNull()
  expect(originOf('file:///etc/passwd')).toBeNull()
})
