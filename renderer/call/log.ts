/**
 * Where the call core writes. `error`: the person lost something; `warn`: we recovered; `info`: a change of phase;
 * `debug`: each message. Never a description, a name or a token above `debug`.
 */
export type Log = (level: 'debug' | 'info' | 'warn' | 'error', message: string) => void

export const silentLog: Log = () => undefined

export const reasonOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error)
