/** What people type and what they are shown: room codes, names, texts. Part of the contract; protocol.ts hands it on. */

/** Crockford's base 32: no i, l, o, u, so that a code survives being read out loud. */
export const CODE_ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
export const CODE_LENGTH = 12

/**
 * Brings a typed or pasted room code to its one form: lower case, no spaces or dashes, o read as 0, i and l as 1
 * (Crockford). Does not say whether the result is a code: `RoomCode` does.
 */
export const normaliseRoomCode = (typed: string): string =>
  typed.toLowerCase().replace(/[\s-]/g, '').replace(/o/g, '0').replace(/[il]/g, '1')

/** `k7mq2xvd9thr` becomes `k7mq-2xvd-9thr`, as people see and say it. */
export const formatRoomCode = (code: string): string => code.match(/.{1,4}/g)?.join('-') ?? code

/** Control, bidirectional-override and zero-width characters that make a name lie about itself (joiners of emoji stay). */
const UNPRINTABLE = /[\p{Cc}\p{Co}\p{Cs}\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu
/** More than four combining marks on one letter is decoration that covers the neighbours ("zalgo"). */
const STACKED_MARKS = /(\p{M}{4})\p{M}+/gu

/** One printable line: NFC, no control or direction characters, single spaces, trimmed. */
export const cleanLine = (text: string): string =>
  text
    .replace(/\s+/gu, ' ')
    .replace(UNPRINTABLE, '')
    .normalize('NFC')
    .replace(/ {2,}/g, ' ')
    .replace(STACKED_MARKS, '$1')
    .trim()

/** Like `cleanLine`, but keeps line breaks (at most two in a row) and indentation. */
export const cleanText = (text: string): string =>
  text
    .normalize('NFC')
    .replace(/\r\n?/g, '\n')
    .split('\n')
    .map((line) => line.replace(/\t/g, '  ').replace(UNPRINTABLE, '').replace(STACKED_MARKS, '$1').trimEnd())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()

/** Text of a document: without what can not be seen, else as it was written (blank lines and indentation matter to Markdown). */
export const cleanDocument = (text: string): string =>
  text
    .normalize('NFC')
    .split(/\r\n?|\n/)
    .map((line) =>
      line
        .split('\t')
        .map((part) => part.replace(UNPRINTABLE, '').replace(STACKED_MARKS, '$1'))
        .join('\t'),
    )
    .join('\n')
