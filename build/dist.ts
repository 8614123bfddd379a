/** `node build/dist.ts` makes the installers of this system; with `--check` it packs around a hollow Electron instead. */
import { build } from 'electron-builder'
import { createPackaging } from '../electron-builder.config.ts'
import { buildDesktop, buildPage } from './build.ts'
import { findProblems, packHollow } from './dist-check.ts'

const check = async (): Promise<void> => {
  for (const platform of ['linux', 'darwin'] as const) {
    const problems = findProblems(await packHollow(platform))
    if (problems.length > 0) throw new Error(`${platform}: ${problems.join('; ')}`)
    console.log(`${platform}: the package holds what it should, and its fuses are set.`)
  }
  console.log('Not checked without the real Electron: that it starts, the installers themselves, signatures, Windows.')
}

await buildPage()
await buildDesktop()
if (process.argv.includes('--check')) await check()
else await build({ config: createPackaging(), publish: 'never' })
