import { expect, test } from 'vitest'
import { median, slope } from '../../load/statistics.ts'

test.each([
  [[7], 7],
  [[9, 1, 5], 5],
  [[10, 2, 4, 100], 7],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected)
})

test('there is no median of nothing', () => {
  expect(() => median([])).toThrow('at least one')
})

test('the slope of points on a line is that of the line, and points beside it pull evenly', () => {
  const points = [0, 50, 150].map((x) => ({ x, y: 200 + 3 * x }))
  expect(slope(points)).toBeCloseTo(3)
  expect(slope([...points, { x: 100, y: 400 }, { x: 100, y: 600 }])).toBeCloseTo(3)
})

test('there is no slope over a single x', () => {
  expect(() =>
    slope([
      { x: 1, y: 1 },
      { x: 1, y: 2 },
    ]),
  ).toThrow('two different x')
})
