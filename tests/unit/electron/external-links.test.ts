import { expect, test } from 'vitest'
import { parseExternalLink } from '#electron/external-links.ts'

test('a web link is answered in its parsed form', () => {
  expect(parseExternalLink('https://example.org/a b')).toBe('https://example.org/a%20b')
  expect(parseExternalLink('HTTP://Example.org')).toBe('http://example.org/')
})

test('a host that looks like another is answered in punycode', () => {
  expect(parseExternalLink('https://аpple.com/')).toBe('https://xn--pple-43d.com/')
})

test.each([
  'file:///etc/passwd',
  '\\\\host\\share',
  'smb://host/share',
  'ms-settings:privacy',
  'javascript:alert(1)',
  'data:text/html,x',
  'mailto:a@example.org',
  'https://user@example.org/',
  'https://:secret@example.org/',
  'https://',
  'example.org',
  '',
  `https://example.org/${'a'.repeat(2048)}`,
])('"%s" is refused', (link) => expect(parseExternalLink(link)).toBeNull())
