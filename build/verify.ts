/** `npm run verify`: everything that must hold before a change is taken in, the same here and in CI. */
import { existsSync } from 'node:fs'
import { capture, node, runMain, type Command } from './run.ts'
import { addTallies, oneFailed, onePassed, summaryLine, type Tally } from './tally.ts'
import { endToEndTests, unitTests } from './test-suites.ts'

interface Step {
  readonly name: string
  readonly command: Command
  readonly limitMinutes: number
  /** For steps that are many tests; the others count as one. */
  readonly tally?: (code: number) => Tally
}

const tool = (path: string, ...args: string[]): Command => [node, `node_modules/${path}`, ...args]

const steps: readonly Step[] = [
  { name: 'types', command: tool('@typescript/native/bin/tsc', '--noEmit', '-p', '.'), limitMinutes: 3 },
  { name: 'types, reference compiler', command: tool('typescript/bin/tsc', '--noEmit', '-p', '.'), limitMinutes: 5 },
  {
    name: 'components',
    command: tool('svelte-check/bin/svelte-check', '--tsconfig', './tsconfig.json', '--fail-on-warnings'),
    limitMinutes: 5,
  },
  // Each thread has to learn all types by itself, so that more of them gain little.
  {
    name: 'lint',
    command: tool('eslint/bin/eslint.js', '--max-warnings', '0', '--concurrency', '2', '.'),
    limitMinutes: 5,
  },
  {
    name: 'format',
    command: tool('prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'),
    limitMinutes: 3,
  },
  { name: 'unused code', command: tool('knip/bin/knip.js'), limitMinutes: 3 },
  { name: 'build of the page', command: [node, 'build/build.ts', 'page'], limitMinutes: 3 },
  { name: 'build of the desktop', command: [node, 'build/build.ts', 'desktop'], limitMinutes: 3 },
  { name: 'page size', command: [node, 'build/page-size.ts'], limitMinutes: 1 },
  unitTests,
  endToEndTests,
  ...(existsSync('build/dist.ts')
    ? [{ name: 'packaging', command: [node, 'build/dist.ts', '--check'], limitMinutes: 5 } satisfies Step]
    : []),
]

const runStep = async ({ name, command, limitMinutes, tally }: Step): Promise<Tally> => {
  const startedAt = performance.now()
  const { code, output } = await capture(command, {
    limitMs: limitMinutes * 60_000,
    env: { NO_COLOR: '1', FORCE_COLOR: undefined },
  })
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  const counted = tally ? tally(code) : code === 0 ? onePassed : oneFailed
  const result = tally ? summaryLine(counted) : code === 0 ? 'passed' : 'failed'
  console.log(`${name}: ${result} (${seconds} s)`)
  if (counted.failed > 0) console.log(output.trimEnd())
  for (const { title, reason } of counted.skipped) console.log(`  skipped: ${title} (${reason})`)
  return counted
}

await runMain(async () => {
  const tallies: Tally[] = []
  for (const step of steps) tallies.push(await runStep(step))
  const total = addTallies(tallies)
  console.log(summaryLine(total))
  return total.failed === 0 ? 0 : 1
})
