import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Reporter, TestCase, TestModule } from 'vitest/node'
import { addTallies, emptyTally, oneFailed, onePassed, type Tally } from './tally.ts'

/** Where the reporter leaves its `Tally`. */
export const unitTallyPath = 'test-results/unit.json'

const tallyOfTest = (test: TestCase): Tally => {
  const result = test.result()
  if (result.state === 'passed') return onePassed
  if (result.state !== 'skipped') return oneFailed
  const reason = result.note ?? 'no reason given'
  return { ...emptyTally, skipped: [{ title: test.fullName, reason }] }
}

/** A file without results could not be loaded, which is a failure like any other. */
const tallyOfModule = (module: TestModule): Tally => {
  const tests = [...module.children.allTests()].map(tallyOfTest)
  const errors = module.errors().map(() => oneFailed)
  return addTallies([...tests, ...errors])
}

/** Vitest's own JSON report leaves out why a test was skipped; this one keeps it. */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tally = addTallies([...modules.map(tallyOfModule), ...errors.map(() => oneFailed)])
    mkdirSync(dirname(unitTallyPath), { recursive: true })
    writeFileSync(unitTallyPath, JSON.stringify(tally))
  }
}
