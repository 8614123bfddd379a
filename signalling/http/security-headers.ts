/**
 * What the served page may do: run and load its own files, show what people send, talk to the server it came from.
 * `svelte-trusted-html` is the one Trusted Types policy, made by Svelte for its compiled templates.
 */
const contentSecurityPolicy = (host: string | null): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "font-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    // The WebSocket forms are for browsers in which 'self' is http(s) alone (Safari before 15.4).
    host === null ? "connect-src 'self'" : `connect-src 'self' ws://${host} wss://${host}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types svelte-trusted-html',
  ].join('; ')

/** Headers of every answer. `host` is the Host header if it was found good: letters, digits and `.:-[]_` only. */
export const securityHeaders = (host: string | null): ReadonlyMap<string, string> =>
  new Map([
    ['Content-Security-Policy', contentSecurityPolicy(host)],
    ['X-Content-Type-Options', 'nosniff'],
    ['X-Frame-Options', 'DENY'],
    ['Referrer-Policy', 'no-referrer'],
    ['Permissions-Policy', 'camera=(self), microphone=(self), display-capture=(self)'],
    ['Cross-Origin-Opener-Policy', 'same-origin'],
    ['Cross-Origin-Resource-Policy', 'same-origin'],
  ])
