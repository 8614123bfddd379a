import type { ServerLimits } from '../server-limits.ts'

/** Those bounds of the server that the relay lives by. */
export type RelayLimits = Pick<ServerLimits, Extract<keyof ServerLimits, `live${string}`>>
