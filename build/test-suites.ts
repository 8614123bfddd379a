import { node, type Command } from './run.ts'
import { takeTally, tallyOfPlaywright, type Tally } from './tally.ts'
import { unitTallyPath } from './vitest-tally.ts'

interface Suite {
  readonly name: string
  readonly command: Command
  readonly limitMinutes: number
  /** Counts what a run left behind; `code` is its exit code. */
  readonly tally: (code: number) => Tally
}

export const unitTests: Suite = {
  name: 'unit and integration tests',
  command: [node, 'node_modules/vitest/vitest.mjs', 'run', '--reporter=dot', '--reporter=./build/vitest-tally.ts'],
  limitMinutes: 13,
  tally: (code) => takeTally(unitTallyPath, code, (tally: Tally) => tally),
}

/** Playwright, without saying which of its tests. */
export const playwright: Command = [node, 'node_modules/playwright/cli.js', 'test']

/** Needs the built page (build/build.ts). */
export const endToEndTests: Suite = {
  name: 'end-to-end tests',
  command: [...playwright, '--project=e2e'],
  limitMinutes: 12,
  tally: (code) => takeTally('test-results/e2e.json', code, tallyOfPlaywright),
}
