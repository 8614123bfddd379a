import type { MarkedToken, Token, Tokens } from 'marked'
import { lexMarkdown } from './bounded-lexer.ts'

export type Inline =
  | { readonly kind: 'text' | 'code'; readonly text: string }
  | { readonly kind: 'strong' | 'emphasis' | 'strike'; readonly children: readonly Inline[] }
  /** `href` is http, https or mailto. */
  | { readonly kind: 'link'; readonly href: string; readonly children: readonly Inline[] }
  | { readonly kind: 'break' }

interface ListItem {
  /** Null when it is not to be ticked. */
  readonly isDone: boolean | null
  readonly children: readonly Block[]
}
interface Cell {
  readonly align: 'start' | 'center' | 'end'
  readonly children: readonly Inline[]
}
export type Block =
  /** `line`: of a list whose items stand close together. */
  | { readonly kind: 'paragraph' | 'line'; readonly children: readonly Inline[] }
  | { readonly kind: 'heading'; readonly level: 1 | 2 | 3 | 4 | 5 | 6; readonly children: readonly Inline[] }
  /** As it was written. */
  | { readonly kind: 'code' | 'plain'; readonly text: string }
  | { readonly kind: 'quote'; readonly children: readonly Block[] }
  | { readonly kind: 'list'; readonly start: number | null; readonly items: readonly ListItem[] }
  | { readonly kind: 'table'; readonly head: readonly Cell[]; readonly rows: readonly (readonly Cell[])[] }
  | { readonly kind: 'rule' }

/** What is deeper, or more, is shown as it was written: a page that holds more elements becomes slow. */
const MAX_DEPTH = 10
const MAX_NODES = 8000

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' }

const decodeEntity = (entity: string, name: string): string => {
  if (!name.startsWith('#')) return named[name] ?? entity
  const point = name[1]?.toLowerCase() === 'x' ? parseInt(name.slice(2), 16) : parseInt(name.slice(1), 10)
  return point > 31 && point <= 0x10ffff ? String.fromCodePoint(point) : entity
}
const decode = (text: string): string => text.replace(/&(#x[\da-f]{1,6}|#\d{1,7}|[a-z]{2,4});/gi, decodeEntity)

/** The address when it leads out into the web or to a mailbox; null for scripts, files, and places beside the page. */
export const safeHref = (address: string): string | null => {
  const url = URL.parse(address)
  if (url === null) return null
  if (url.protocol === 'mailto:') return url.href
  return /^https?:$/.test(url.protocol) && url.hostname !== '' ? url.href : null
}

class Reader {
  #left = MAX_NODES

  blocks(tokens: readonly MarkedToken[], depth = 0): Block[] {
    const blocks: Block[] = []
    for (const [index, token] of tokens.entries()) {
      if (--this.#left < 0 || depth > MAX_DEPTH) {
        blocks.push(plain(tokens.slice(index)))
        break
      }
      const block = this.#block(token, depth)
      if (block) blocks.push(block)
    }
    return blocks
  }

  #block(token: MarkedToken, depth: number): Block | null {
    switch (token.type) {
      case 'heading': {
        const level = Math.min(6, Math.max(1, token.depth)) as 1 | 2 | 3 | 4 | 5 | 6
        return { kind: 'heading', level, children: this.#inlines(token.tokens) }
      }
      case 'paragraph':
        return { kind: 'paragraph', children: this.#inlines(token.tokens) }
      case 'text':
        return { kind: 'line', children: this.#inlines(token.tokens ?? [token]) }
      case 'code':
        return { kind: 'code', text: token.text }
      case 'blockquote':
        return { kind: 'quote', children: this.blocks(token.tokens as MarkedToken[], depth + 1) }
      case 'list':
        return this.#list(token, depth)
      case 'table':
        return {
          kind: 'table',
          head: token.header.map((cell) => this.#cell(cell)),
          rows: token.rows.map((row) => row.map((cell) => this.#cell(cell))),
        }
      case 'hr':
        return { kind: 'rule' }
      case 'space':
      case 'def':
      case 'checkbox':
        return null
      case 'html':
      case 'list_item':
      case 'br':
      case 'codespan':
      case 'del':
      case 'em':
      case 'escape':
      case 'image':
      case 'link':
      case 'strong':
        return plain([token])
    }
  }

  #list(list: Tokens.List, depth: number): Block {
    const items: ListItem[] = []
    for (const [index, item] of list.items.entries()) {
      if (this.#left <= 0) {
        items.push({ isDone: null, children: [plain(list.items.slice(index))] })
        break
      }
      const children = this.blocks(item.tokens as MarkedToken[], depth + 1)
      items.push({ isDone: item.task ? item.checked === true : null, children })
    }
    return { kind: 'list', start: list.ordered ? Number(list.start) || 0 : null, items }
  }

  #cell({ align, tokens }: Tokens.TableCell): Cell {
    return {
      align: align === 'center' ? 'center' : align === 'right' ? 'end' : 'start',
      children: this.#inlines(tokens),
    }
  }

  #inlines(tokens: readonly Token[], depth = 0, isInLink = false): Inline[] {
    return (tokens as readonly MarkedToken[]).flatMap((token) => {
      if (--this.#left < 0 || depth > MAX_DEPTH) return [{ kind: 'text', text: token.raw }]
      return this.#inline(token, depth + 1, isInLink)
    })
  }

  #inline(token: MarkedToken, depth: number, isInLink: boolean): Inline[] {
    const children = (of: readonly Token[]) => this.#inlines(of, depth, isInLink)
    switch (token.type) {
      case 'strong':
        return [{ kind: 'strong', children: children(token.tokens) }]
      case 'em':
        return [{ kind: 'emphasis', children: children(token.tokens) }]
      case 'del':
        return [{ kind: 'strike', children: children(token.tokens) }]
      case 'codespan':
        return [{ kind: 'code', text: token.text }]
      case 'br':
        return [{ kind: 'break' }]
      case 'link':
        return link(token.href, this.#inlines(token.tokens, depth, true), isInLink)
      case 'image':
        // Nothing is fetched for a document; whoever wants to see it opens it.
        return link(token.href, [{ kind: 'text', text: decode(token.text) || token.href }], isInLink)
      case 'text':
        return token.tokens ? children(token.tokens) : [{ kind: 'text', text: decode(token.text) }]
      case 'escape':
        return [{ kind: 'text', text: token.text }]
      case 'html':
      case 'blockquote':
      case 'checkbox':
      case 'code':
      case 'def':
      case 'heading':
      case 'hr':
      case 'list_item':
      case 'list':
      case 'paragraph':
      case 'space':
      case 'table':
        return [{ kind: 'text', text: token.raw }]
    }
  }
}

const link = (address: string, children: Inline[], isInLink: boolean): Inline[] => {
  const href = isInLink ? null : safeHref(address)
  return href === null ? children : [{ kind: 'link', href, children }]
}

const plain = (tokens: readonly { readonly raw: string }[]): Block => ({
  kind: 'plain',
  text: tokens
    .map(({ raw }) => raw)
    .join('')
    .trimEnd(),
})

/**
 * Reads Markdown into what the page has elements for; raw HTML, and what is too much or too deep, becomes plain text.
 * Never throws, and takes half a second at most, whatever somebody wrote.
 */
export const readMarkdown = (text: string): readonly Block[] => {
  const tokens = lexMarkdown(text)
  return tokens === null ? [{ kind: 'plain', text }] : new Reader().blocks(tokens)
}
