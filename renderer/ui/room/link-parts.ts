export type TextPart =
  | { readonly kind: 'text'; readonly text: string }
  /** `href` is http or https, and what `text` shows. */
  | { readonly kind: 'link'; readonly text: string; readonly href: string }

const ADDRESS = /https?:\/\/[^\s<>"'`]+/giu
/** A sentence's own marks after an address are not part of it. */
const TRAILING = /[.,;:!?…*_~]+$/u

/** `(see https://example.org/a)` ends before the bracket, `https://example.org/a_(b)` does not. */
const trimAddress = (found: string): string => {
  const trimmed = found.replace(TRAILING, '')
  const isUnbalanced = trimmed.endsWith(')') && trimmed.split(')').length > trimmed.split('(').length
  return isUnbalanced ? trimAddress(trimmed.slice(0, -1)) : trimmed
}

/** Splits what somebody wrote into text and web addresses. Only http and https become links; the rest stays text. */
export const splitLinks = (text: string): readonly TextPart[] => {
  const parts: TextPart[] = []
  let end = 0
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = trimAddress(found)
    const url = URL.parse(address)
    if (url === null || url.hostname === '' || !/^https?:$/.test(url.protocol)) continue
    if (index > end) parts.push({ kind: 'text', text: text.slice(end, index) })
    parts.push({ kind: 'link', text: address, href: url.href })
    end = index + address.length
  }
  if (end < text.length) parts.push({ kind: 'text', text: text.slice(end) })
  return parts
}
