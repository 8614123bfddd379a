import type { HostWord } from '../control-message.ts'

/** What the two ends of a tunnel say to each other over the link between them. */
export type TunnelWord = Extract<HostWord, { kind: `tunnel-${string}` }>
