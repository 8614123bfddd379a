/** What two links tell each other about why they are not connected; part of the contract in protocol.ts. */
import * as v from 'valibot'

export const reportLimits = {
  /** Networks of one computer that a report names, and the length of each: an IPv6 one is at most 19 characters. */
  reportNetworks: 16,
  reportNetwork: 40,
} as const

const checks = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_000_000))

/** What one side sees of a link that does not come about. Both tell each other, to find out together what is in the way. */
export const LinkReport = v.strictObject({
  /** The networks of the addresses that it offers: IPv4 with 24 bits (`192.168.1`), IPv6 with 64 (`fd00:0:0:1`). */
  networks: v.pipe(
    v.array(
      v.pipe(
        v.string(),
        v.maxLength(reportLimits.reportNetwork),
        v.regex(/^(?:\d{1,3}(?:\.\d{1,3}){2}|[\da-f]{1,4}(?::[\da-f]{1,4}){3})$/),
      ),
    ),
    v.maxLength(reportLimits.reportNetworks),
  ),
  /** It offers names instead of addresses, which are found by multicast: browsers do before they may use the microphone. */
  isHidden: v.boolean(),
  /** What leaves this computer for other networks goes through a VPN. */
  hasVpn: v.boolean(),
  /** Connectivity checks (RFC 8445, section 7) that it sent, heard from the other side, and got answers to. */
  sent: checks,
  heard: checks,
  answered: checks,
})
export type LinkReport = v.InferOutput<typeof LinkReport>
