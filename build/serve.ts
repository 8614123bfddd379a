/** `npm run server`: the signalling server alone, as signalling/main.ts runs it, with the page built for its guests. */
import { node, run, runMain } from './run.ts'
import { buildStale } from './what-is-stale.ts'

await runMain(async () => {
  await buildStale('page')
  return await run([node, 'signalling/main.ts', ...process.argv.slice(2)])
})
