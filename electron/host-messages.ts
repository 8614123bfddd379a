/**
 * What the main process and the host process (the embedded server) say to each other. Both ends parse: each is the
 * other's outside.
 */
import * as v from 'valibot'

const port = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535))

/** PEM; a key and a certificate are some hundred bytes each, and one for dozens of addresses some thousand. */
const pem = v.pipe(v.string(), v.startsWith('-----BEGIN '), v.maxLength(64 * 1024))
const TlsCertificate = v.strictObject({ key: pem, certificate: pem })

/** Main to host. */
export const HostOrder = v.variant('kind', [
  v.strictObject({
    kind: v.literal('start'),
    /** Tried in this order until one is free. */
    ports: v.pipe(v.array(port), v.minLength(1)),
    /** The built page, for guests in a browser. */
    pageDir: v.string(),
    /** What outlives a restart of the server, the key of the resume tokens for one. */
    dataDir: v.string(),
    /** Origins of pages other than the server's own that may connect. */
    allowedOrigins: v.array(v.string()),
    /** What others are shown, who come by https. */
    tls: TlsCertificate,
    /** Whoever shows it may have the server go on with rooms of others (`HostKeys` of ipc.ts). */
    ownerKey: v.pipe(v.string(), v.regex(/^[\w-]{22}$/)),
  }),
  /** From now on others are shown this one. */
  v.strictObject({ kind: v.literal('certificate'), tls: TlsCertificate }),
  v.strictObject({ kind: v.literal('stop') }),
])
export type HostOrder = v.InferOutput<typeof HostOrder>
export type StartOrder = Extract<HostOrder, { kind: 'start' }>

/** Host to main. */
export const HostReport = v.variant('kind', [
  /** The process is up and waits for its order. */
  v.strictObject({ kind: v.literal('ready') }),
  v.strictObject({ kind: v.literal('listening'), port }),
  v.strictObject({ kind: v.literal('no-free-port') }),
  /** Somebody on another computer was answered, for the first time. */
  v.strictObject({ kind: v.literal('reached') }),
  v.strictObject({
    kind: v.literal('log'),
    level: v.picklist(['error', 'warn', 'info']),
    message: v.pipe(v.string(), v.maxLength(8000)),
  }),
])
export type HostReport = v.InferOutput<typeof HostReport>
