import type { Door } from '#signalling/protocol.ts'

/** Whether one has to get past something to come in. Who is inside is then told to nobody outside. */
export const isGuarded = ({ hasPassword, knock, locked }: Door): boolean => hasPassword || knock || locked
