import { expect, test } from 'vitest'
import { fitIntoScreens } from '#electron/window-place.ts'

const laptop = { x: 0, y: 25, width: 1440, height: 875 }
const second = { x: 1440, y: 0, width: 1920, height: 1080 }
const place = { x: 1600, y: 100, width: 900, height: 700, isMaximised: false }

test('a place on a screen that is there is taken as it was', () => {
  expect(fitIntoScreens(place, [laptop, second])).toEqual({ x: 1600, y: 100, width: 900, height: 700 })
})

test('a place on a screen that is gone keeps only its size', () => {
  expect(fitIntoScreens(place, [laptop])).toEqual({ width: 900, height: 700 })
})

test.each([
  ['above the screen', { x: 100, y: -200 }],
  ['below it', { x: 100, y: 890 }],
  ['left of it but for a sliver', { x: -850, y: 100 }],
  ['right of it but for a sliver', { x: 1400, y: 100 }],
])('a title bar %s is out of reach', (_, position) => {
  expect(fitIntoScreens({ ...place, ...position }, [laptop])).toEqual({ width: 900, height: 700 })
})
