/**
 * `npm test`: every test there is, from the smallest to whole calls in real browsers.
 *
 *   node build/test.ts [arguments for Playwright, which then runs alone: --project=e2e, a file, --headed...]
 */
import { node, run, runMain } from './run.ts'
import { addTallies, oneFailed, summaryLine, type Tally } from './tally.ts'
import { endToEndTests, playwright, unitTests } from './test-suites.ts'

const runUnitTests = async (): Promise<Tally> => unitTests.tally(await run(unitTests.command))

const runEndToEndTests = async (args: readonly string[]): Promise<Tally> => {
  if ((await run([node, 'build/build.ts', 'all'])) !== 0) return oneFailed
  return endToEndTests.tally(await run(args.length === 0 ? endToEndTests.command : [...playwright, ...args]))
}

await runMain(async () => {
  const args = process.argv.slice(2)
  const unit = args.length === 0 ? [await runUnitTests()] : []
  const total = addTallies([...unit, await runEndToEndTests(args)])
  for (const { title, reason } of total.skipped) console.log(`skipped: ${title} (${reason})`)
  console.log(summaryLine(total))
  return total.failed === 0 ? 0 : 1
})
