import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  addTallies,
  emptyTally,
  oneFailed,
  onePassed,
  summaryLine,
  takeTally,
  tallyOfPlaywright,
} from '#build/tally.ts'
import type { Tally } from '#build/tally.ts'

const skip = { title: 'joins', reason: 'no root' }

test('the summary names the skipped only when there are some', () => {
  expect(summaryLine(addTallies([onePassed, onePassed, oneFailed]))).toBe('2 passed, 1 failed')
  expect(summaryLine({ passed: 3, failed: 0, skipped: [skip] })).toBe('3 passed, 0 failed, 1 skipped')
})

const playwrightTest = (status: 'expected' | 'unexpected' | 'flaky' | 'skipped', reason?: string) => ({
  status,
  annotations: reason === undefined ? [] : [{ type: 'skip', description: reason }],
})
const suite = (...tests: ReturnType<typeof playwrightTest>[]) => ({ specs: [{ title: 'joins', tests }] })

test("counts Playwright's nested suites, with the reason of each skipped test", () => {
  const inner = suite(playwrightTest('expected'), playwrightTest('unexpected'))
  const report = { suites: [{ ...suite(playwrightTest('skipped', 'no root')), suites: [inner] }], errors: [] }
  expect(tallyOfPlaywright(report as never)).toEqual({ passed: 1, failed: 1, skipped: [skip] })
})

test('an error outside of the tests counts as a failed one', () => {
  expect(tallyOfPlaywright({ suites: [], errors: [{ message: 'a file does not load' }] })).toEqual(oneFailed)
})

const reportFile = async (text: string) => {
  const folder = await mkdtemp(join(tmpdir(), 'earshot-tally-'))
  onTestFinished(async () => {
    await rm(folder, { recursive: true })
  })
  const path = join(folder, 'report.json')
  await writeFile(path, text)
  return path
}
const asIs = (tally: Tally) => tally

test('a run that failed without a failed test counts as one', async () => {
  const path = await reportFile(JSON.stringify(onePassed))
  expect(takeTally(path, 1, asIs)).toEqual({ ...emptyTally, passed: 1, failed: 1 })
})

test('a report counts once: a run that leaves none does not pass by the former one', async () => {
  const path = await reportFile(JSON.stringify(onePassed))
  expect([takeTally(path, 0, asIs), takeTally(path, 0, asIs)]).toEqual([onePassed, oneFailed])
})

test('a report cut short counts as a failed test', async () => {
  expect(takeTally(await reportFile('{"passed":'), 0, asIs)).toEqual(oneFailed)
})
