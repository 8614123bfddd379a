import type { Dialect, DialectContext } from './dialect.ts'

/** Every system that is spoken beside our own protocol. */
export const openDialects = (_context: DialectContext): readonly Dialect[] => []
