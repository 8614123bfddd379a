/** Of a URL's hostname in the form that `URL` gives it: RFC 1918, RFC 3927 (link-local), RFC 1122 (loopback). */
const IPV4 = /^(?:10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)[\d.]+$/
/** RFC 4193, and of RFC 4291 link-local addresses and loopback. */
const IPV6 = /^\[(?:f[cd][\da-f]{2}:[\da-f:]+|fe[89ab][\da-f]:[\da-f:]+|::1)\]$/

/** Whether a hostname is an address of a network at home or at work, or of this very computer, and not of the internet. */
export const isPrivateAddress = (hostname: string): boolean => IPV4.test(hostname) || IPV6.test(hostname)

/** Whether an address means another computer on each network card, or needs its name beside it. */
export const isLinkLocal = (hostname: string): boolean => /^169\.254\.|^\[fe[89ab]/.test(hostname)
