import { isIP } from 'node:net'

const MOST_FIELDS = 40

/**
 * Whether the server should try this candidate: UDP, of a plain address and a port. Names are left out: those that
 * browsers make up for their own address (`….local`) are known on their own network only, and the browser's checks
 * reach the server all the same.
 */
export const isUsableCandidate = (candidate: string): boolean => {
  const fields = candidate
    .replace(/^a=/, '')
    .replace(/^candidate:/, '')
    .split(' ')
  if (fields.length > MOST_FIELDS) return false
  const [, component, transport, , address = '', port = '', typ, type = ''] = fields
  const isPort = /^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) < 65_536
  const isKnownType = typ === 'typ' && ['host', 'srflx', 'relay'].includes(type)
  return component === '1' && transport?.toLowerCase() === 'udp' && isIP(address) !== 0 && isPort && isKnownType
}

/** The description without the candidates that the server should not try. */
export const withoutUnusableCandidates = (sdp: string): string =>
  sdp
    .split(/\r?\n/)
    .filter((line) => !line.startsWith('a=candidate:') || isUsableCandidate(line))
    .join('\r\n')
