import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { layOutGrid } from '#renderer/ui/room/grid-layout.ts'

const gap = 8
const covered = (count: number, width: number, height: number): number => {
  const { tileWidth, tileHeight } = layOutGrid({ count, width, height, gap })
  return (count * tileWidth * tileHeight) / (width * height)
}

describe('layOutGrid', () => {
  test.each([
    [1, 1280, 800, 1],
    [2, 1280, 720, 2],
    [3, 1280, 800, 2],
    [4, 1280, 720, 2],
    [6, 1920, 1080, 3],
    [9, 1920, 1080, 3],
    [16, 1920, 1080, 4],
    [2, 360, 640, 1],
    [6, 360, 640, 2],
  ])('%i people in %i x %i stand in %i columns', (count, width, height, columns) => {
    expect(layOutGrid({ count, width, height, gap }).columns).toBe(columns)
  })

  const space = fc.record({
    count: fc.integer({ min: 1, max: 16 }),
    width: fc.integer({ min: 320, max: 2560 }),
    height: fc.integer({ min: 320, max: 1600 }),
  })

  test('everyone fits inside the space, whatever its size', () => {
    fc.assert(
      fc.property(space, ({ count, width, height }) => {
        const { columns, rows, tileWidth, tileHeight } = layOutGrid({ count, width, height, gap })
        expect(columns * rows).toBeGreaterThanOrEqual(count)
        expect(columns * (rows - 1)).toBeLessThan(count)
        expect(columns * tileWidth + gap * (columns - 1)).toBeLessThanOrEqual(width)
        expect(rows * tileHeight + gap * (rows - 1)).toBeLessThanOrEqual(height)
      }),
    )
  })

  test('no other number of columns gives larger tiles of the same shape limits', () => {
    fc.assert(
      fc.property(space, ({ count, width, height }) => {
        const best = layOutGrid({ count, width, height, gap })
        for (let columns = 1; columns <= count; columns += 1) {
          const rows = Math.ceil(count / columns)
          const largest16by9 = Math.min(
            (width - gap * (columns - 1)) / columns,
            ((height - gap * (rows - 1)) / rows) * (16 / 9),
          )
          expect(best.tileWidth * best.tileHeight + best.tileWidth + best.tileHeight + 1).toBeGreaterThanOrEqual(
            largest16by9 * largest16by9 * (9 / 16),
          )
        }
      }),
    )
  })

  test('tiles are never wider than a camera picture', () => {
    fc.assert(
      fc.property(space, ({ count, width, height }) => {
        const { tileWidth, tileHeight } = layOutGrid({ count, width, height, gap })
        expect(tileWidth).toBeLessThanOrEqual((tileHeight + 1) * (16 / 9))
      }),
    )
  })

  test('a usual window is filled to more than two thirds by any number of people', () => {
    for (let count = 1; count <= 16; count += 1) {
      // Primes leave a hole in the last row; no layout of equal tiles can do without.
      expect(covered(count, 1280, 800), `${String(count)} people`).toBeGreaterThan(0.66)
    }
  })

  test('a space of no size gives tiles of no size', () => {
    expect(layOutGrid({ count: 3, width: 0, height: 0, gap })).toMatchObject({ tileWidth: 0, tileHeight: 0 })
  })
})
