import type { Rectangle } from 'electron'
import type { WindowPlace } from './settings-schema.ts'

/** At least this much of the title bar has to be on a screen for the person to get hold of the window. */
const GRIP = { width: 120, height: 32 }

const isWithinReach = (place: WindowPlace, area: Rectangle): boolean =>
  place.x + place.width >= area.x + GRIP.width &&
  place.x <= area.x + area.width - GRIP.width &&
  place.y >= area.y &&
  place.y <= area.y + area.height - GRIP.height

/**
 * Brings a remembered place onto the screens of today (`areas` without task bars): as it was where it can be reached,
 * else only its size, so that the system puts it in the middle.
 */
export const fitIntoScreens = (place: WindowPlace, areas: readonly Rectangle[]): Partial<Rectangle> => {
  const { x, y, width, height } = place
  return areas.some((area) => isWithinReach(place, area)) ? { x, y, width, height } : { width, height }
}
