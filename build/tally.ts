import { readFileSync, rmSync } from 'node:fs'
import type { JSONReport, JSONReportSuite } from 'playwright/types/testReporter'

interface Skip {
  readonly title: string
  readonly reason: string
}

export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: readonly Skip[]
}

export const emptyTally: Tally = { passed: 0, failed: 0, skipped: [] }
export const onePassed: Tally = { ...emptyTally, passed: 1 }
export const oneFailed: Tally = { ...emptyTally, failed: 1 }

export const addTallies = (tallies: readonly Tally[]): Tally => ({
  passed: tallies.reduce((sum, { passed }) => sum + passed, 0),
  failed: tallies.reduce((sum, { failed }) => sum + failed, 0),
  skipped: tallies.flatMap(({ skipped }) => skipped),
})

/** `12 passed, 0 failed`, and `, 1 skipped` only when something was. */
export const summaryLine = ({ passed, failed, skipped }: Tally): string =>
  [
    `${String(passed)} passed`,
    `${String(failed)} failed`,
    ...(skipped.length > 0 ? [`${String(skipped.length)} skipped`] : []),
  ].join(', ')

const testsOf = (suite: JSONReportSuite): Tally[] => [
  ...suite.specs.flatMap(({ title, tests }) =>
    tests.map(({ status, annotations }): Tally => {
      if (status !== 'skipped') return status === 'unexpected' ? oneFailed : onePassed
      const reason = annotations.find(({ type }) => type === 'skip' || type === 'fixme')?.description
      return { ...emptyTally, skipped: [{ title, reason: reason ?? 'no reason given' }] }
    }),
  ),
  ...(suite.suites ?? []).flatMap(testsOf),
]

/** Counts Playwright's JSON report. A file that could not be loaded counts as one failed test. */
export const tallyOfPlaywright = ({ suites, errors }: Pick<JSONReport, 'suites' | 'errors'>): Tally =>
  addTallies([...suites.flatMap(testsOf), { ...emptyTally, failed: errors.length }])

/**
 * Reads the report that a test runner left behind, and removes it, lest the next run be judged by it. No report, or a
 * run that failed without a failed test (an error outside of tests), counts as one failed test.
 */
export const takeTally = (path: string, code: number, parse: (report: never) => Tally): Tally => {
  try {
    const tally = parse(JSON.parse(readFileSync(path, 'utf8')) as never)
    rmSync(path)
    return code !== 0 && tally.failed === 0 ? addTallies([tally, oneFailed]) : tally
  } catch {
    return oneFailed // the runner ended before it could write one; its output says why
  }
}
