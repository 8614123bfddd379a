import { Lexer, Tokenizer, type MarkedToken, type Token, type Tokens } from 'marked'

/** A document that takes longer is not worth it: it is shown as it was written. An ordinary one of 100 kB takes 40 ms. */
const DEADLINE_MS = 500
/** Emphasis and addresses without spaces take time that grows with the square of this; longer paragraphs stay plain. */
const MAX_INLINE = 4000
/** Each row of a table is filled up to the width of its head: a few bytes could become millions of cells. */
const MAX_CELLS = 5000

class TooMuch extends Error {}

class BoundedTokenizer extends Tokenizer {
  readonly #deadline = performance.now() + DEADLINE_MS

  // The first that is tried at each step of a block, and of a line.
  override space(source: string): Tokens.Space | undefined {
    this.#check()
    return super.space(source)
  }

  override escape(source: string): Tokens.Escape | undefined {
    this.#check()
    return super.escape(source)
  }

  override table(source: string): Tokens.Table | undefined {
    const end = source.search(/\n[ \t]*\n/)
    const lines = (end === -1 ? source : source.slice(0, end)).split('\n')
    const columns = lines[0]?.split('|').length ?? 0
    return columns * lines.length > MAX_CELLS ? undefined : super.table(source)
  }

  #check(): void {
    if (performance.now() > this.#deadline) throw new TooMuch()
  }
}

class BoundedLexer extends Lexer {
  override inlineTokens(source: string, tokens: Token[] = []): Token[] {
    if (source.length <= MAX_INLINE) return super.inlineTokens(source, tokens)
    tokens.push({ type: 'text', raw: source, text: source, escaped: false })
    return tokens
  }
}

/** Reads Markdown (CommonMark with GitHub's tables, lists and strikes). Null when it would take too long, or too deep a stack. */
export const lexMarkdown = (text: string): readonly MarkedToken[] | null => {
  try {
    const tokenizer = new BoundedTokenizer()
    return new BoundedLexer({ gfm: true, tokenizer }).lex(text) as MarkedToken[]
  } catch (cause) {
    if (cause instanceof TooMuch || cause instanceof RangeError) return null
    throw cause
  }
}
