import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limits } from '#signalling/protocol.ts'
import { readMarkdown, safeHref, type Block, type Inline } from '#renderer/ui/documents/markdown.ts'

const text = (words: string) => ({ kind: 'text', text: words })
const inlinesOf = (markdown: string): readonly Inline[] => {
  const [block] = readMarkdown(markdown)
  return block?.kind === 'paragraph' ? block.children : []
}

/** Everything in it, however deep; and how deep. */
const measure = (blocks: readonly Block[]) => {
  const found = { nodes: 0, depth: 0, hrefs: [] as string[] }
  const visit = (node: unknown, depth: number): void => {
    if (typeof node !== 'object' || node === null) return
    if ('kind' in node) {
      found.nodes++
      found.depth = Math.max(found.depth, depth)
      if (node.kind === 'link') found.hrefs.push((node as unknown as { href: string }).href)
    }
    for (const value of Object.values(node)) visit(value, depth + ('kind' in node ? 1 : 0))
  }
  visit(blocks, 0)
  return found
}

describe('Markdown', () => {
  it('becomes headings, paragraphs, lists, tables, code and rules', () => {
    const blocks = readMarkdown(
      '# One\n\nTwo **three** _four_ ~~five~~ `six`  \nseven\n\n- a\n- [x] b\n\n3. c\n\n> d\n\n```js\ne < 1\n```\n\n| f | g |\n|--:|:-:|\n| h | i |\n\n---',
    )
    expect(blocks).toEqual([
      { kind: 'heading', level: 1, children: [text('One')] },
      {
        kind: 'paragraph',
        children: [
          text('Two '),
          { kind: 'strong', children: [text('three')] },
          text(' '),
          { kind: 'emphasis', children: [text('four')] },
          text(' '),
          { kind: 'strike', children: [text('five')] },
          text(' '),
          { kind: 'code', text: 'six' },
          { kind: 'break' },
          text('seven'),
        ],
      },
      {
        kind: 'list',
        start: null,
        items: [
          { isDone: null, children: [{ kind: 'line', children: [text('a')] }] },
          { isDone: true, children: [{ kind: 'line', children: [text('b')] }] },
        ],
      },
      { kind: 'list', start: 3, items: [{ isDone: null, children: [{ kind: 'line', children: [text('c')] }] }] },
      { kind: 'quote', children: [{ kind: 'paragraph', children: [text('d')] }] },
      { kind: 'code', text: 'e < 1' },
      {
        kind: 'table',
        head: [
          { align: 'end', children: [text('f')] },
          { align: 'center', children: [text('g')] },
        ],
        rows: [
          [
            { align: 'end', children: [text('h')] },
            { align: 'center', children: [text('i')] },
          ],
        ],
      },
      { kind: 'rule' },
    ])
  })

  it('has only links that lead out into the web or to a mailbox', () => {
    expect(inlinesOf('[a](https://example.org/b)')).toEqual([
      { kind: 'link', href: 'https://example.org/b', children: [text('a')] },
    ])
    expect(inlinesOf('<ann@example.org>')).toMatchObject([{ kind: 'link', href: 'mailto:ann@example.org' }])
    for (const address of [
      'javascript:alert(1)',
      ' java\nscript:alert(1)',
      'JaVaScRiPt:alert(1)',
      'data:text/html,x',
      'file:///etc/passwd',
      'earshot://x',
      'blob:https://example.org/1',
      '/r/42',
      '//example.org',
      'https://',
    ]) {
      expect(safeHref(address), address).toBeNull()
      expect(measure(readMarkdown(`[a](<${address}>) ![b](<${address}>)`)).hrefs, address).toEqual([])
    }
  })

  it('loads no pictures: their words become a link', () => {
    expect(inlinesOf('![a face](https://example.org/b.png)')).toEqual([
      { kind: 'link', href: 'https://example.org/b.png', children: [text('a face')] },
    ])
    expect(measure(readMarkdown('[![in a link](https://a.example/b.png)](https://c.example/)')).hrefs).toEqual([
      'https://c.example/',
    ])
  })

  it('shows raw HTML as it was written', () => {
    expect(readMarkdown('<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>')).toEqual([
      { kind: 'plain', text: '<script>alert(1)</script>' },
      { kind: 'plain', text: '<img src=x onerror=alert(1)>' },
    ])
    expect(inlinesOf('a <b onclick="x">c</b> &lt;d&gt; &amp;amp; &#x41;&nope;')).toEqual([
      text('a '),
      text('<b onclick="x">'),
      text('c'),
      text('</b>'),
      text(' <d> &amp; A&nope;'),
    ])
  })
})

describe('hostile Markdown of the longest length', () => {
  const fill = (part: string): string =>
    part.repeat(Math.ceil(limits.documentText / part.length)).slice(0, limits.documentText)
  const staircase = Array.from({ length: 440 }, (_, depth) => `${' '.repeat(depth)}- a`).join('\n')
  it.each(
    Object.entries({
      quotes: fill('>'),
      'quotes with spaces': fill('> '),
      'quotes that go on without their sign': fill('> a\nb\n'),
      'deep quotes, again and again': fill(`${'> '.repeat(60)}a\nb\n`),
      lists: fill('- '),
      'numbered lists': fill('1. '),
      'a staircase of lists': staircase,
      'lists in quotes': fill('> - '),
      items: fill('* a\n'),
      emphasis: fill('*a '),
      'emphasis of both kinds': fill('_a*'),
      underlines: fill('_a'),
      strikes: fill('~a'),
      brackets: fill('['),
      'links in links': fill('[a]('),
      pictures: fill('!['),
      tags: fill('<a '),
      comments: fill('<!-- \n\n'),
      backticks: Array.from({ length: 440 }, (_, length) => '`'.repeat(length)).join(' '),
      fences: fill('```\n'),
      addresses: `${fill('a.').slice(1)}@`,
      backslashes: fill('\\'),
      definitions: fill('[a]: b\n'),
      'a wide table': fill('|a'),
      'a table of millions of cells': `${fill('|a').slice(0, 10_000)}\n${fill('|-').slice(0, 10_000)}\n${fill('a\n').slice(0, 70_000)}`,
      spaces: fill(' '),
      'empty lines': fill('a\n\n'),
      underlinings: fill('a\n=\n'),
    }),
  )('is read in time into a bounded tree: %s', (_, markdown) => {
    const { nodes, depth } = measure(readMarkdown(markdown))
    expect(nodes).toBeLessThan(25_000)
    expect(depth).toBeLessThan(30)
  })

  it('never throws and only links to where it may, whatever somebody wrote', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ...'> - * _ ~ ` [ ] ( ) ! | < # 1. \n \n\n ``` :-: &lt; \\ https://a.b javascript: [a]: ['.split(' '),
      ),
      fc.string({ maxLength: 5 }),
      fc.webUrl(),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const { hrefs } = measure(readMarkdown(pieces.join('')))
        for (const href of hrefs) expect(href).toMatch(/^(?:https?|mailto):/)
      }),
      { numRuns: 500 },
    )
  })
})
