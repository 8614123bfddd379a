/** Longest address that is handed to the system; browsers show hardly more. */
const MAX_LENGTH = 2048

/**
 * Brings a link (from the chat, typed by a stranger) to the form that may be handed to the system's browser: http or
 * https, no credentials, punycode host. Null for everything else: other schemes start programs.
 */
export const parseExternalLink = (link: string): string | null => {
  if (link.length > MAX_LENGTH) return null
  const url = URL.parse(link)
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return null
  return url.username === '' && url.password === '' ? url.href : null
}
