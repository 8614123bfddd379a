import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { splitLinks } from '#renderer/ui/room/link-parts.ts'

const linksIn = (text: string) => splitLinks(text).flatMap((part) => (part.kind === 'link' ? [part.href] : []))

describe('splitLinks', () => {
  test('finds addresses between words', () => {
    expect(splitLinks('see https://example.org/a?b=1 please')).toEqual([
      { kind: 'text', text: 'see ' },
      { kind: 'link', text: 'https://example.org/a?b=1', href: 'https://example.org/a?b=1' },
      { kind: 'text', text: ' please' },
    ])
  })

  test.each([
    ['ends before a full stop', 'Go to http://example.org/x.', 'http://example.org/x'],
    ['ends before a closing bracket around it', '(see https://example.org/a)', 'https://example.org/a'],
    ['keeps brackets of its own', 'https://example.org/a_(b)', 'https://example.org/a_(b)'],
    ['ends before quotes', '"https://example.org"', 'https://example.org/'],
  ])('%s', (_, text, href) => {
    expect(linksIn(text)).toEqual([href])
  })

  test.each([
    'javascript:alert(1)',
    'data:text/html,hello',
    'file:///etc/passwd',
    'earshot://join/abc',
    'JaVaScRiPt://example.org/%0aalert(1)',
    'https://',
    'http://[',
  ])('%s stays text', (text) => {
    expect(splitLinks(text)).toEqual([{ kind: 'text', text }])
  })

  test('no text is lost or invented', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.webUrl(), fc.constant(' ')), { maxLength: 6 }), (pieces) => {
        const text = pieces.join('')
        const parts = splitLinks(text)
        expect(parts.map((part) => part.text).join('')).toBe(text)
        for (const part of parts) if (part.kind === 'link') expect(part.href).toMatch(/^https?:\/\//)
      }),
      { numRuns: 50 },
    )
  })
})
