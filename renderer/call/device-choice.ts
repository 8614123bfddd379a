import type { DeviceChoice } from './call-state.ts'

/** The device that somebody asked for: an empty id is the system's default. */
export type WantedDevice = DeviceChoice

/** Finds it by id, or by label: some systems give a device that is plugged in again another id. */
const find = (available: readonly DeviceChoice[], { id, label }: WantedDevice): DeviceChoice | null =>
  available.find((device) => id !== '' && device.id === id) ??
  available.find((device) => id !== '' && label !== '' && device.label === label) ??
  null

/** Picks the device to open: the wanted one, else the system's default, else the first. Null when there is none. */
export const chooseDevice = (available: readonly DeviceChoice[], wanted: WantedDevice): DeviceChoice | null =>
  find(available, wanted) ?? available.find(({ id }) => id === 'default') ?? available[0] ?? null

/**
 * Whether an open device should be exchanged for the one that `chooseDevice` picks: it is gone, or the wanted one is
 * there (again). Somebody who wanted no certain one keeps what is open.
 */
export const isToBeExchanged = (openId: string, available: readonly DeviceChoice[], wanted: WantedDevice): boolean => {
  const isThere = available.some(({ id }) => id === openId)
  const better = find(available, wanted)
  return (!isThere && available.length > 0) || (better !== null && better.id !== openId)
}
