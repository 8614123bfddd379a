import { Problem } from './problem.mjs'
import { capture, node } from './run.ts'
import { buildIfStale, type Target } from './stale.ts'

const common = ['package-lock.json', 'build/build.ts', 'vite.config.ts', 'svelte.config.js']
const contracts = ['signalling/protocol.ts', 'electron/ipc.ts']

const targets = {
  page: {
    inputs: [...common, ...contracts, 'renderer'],
    output: 'dist/renderer/index.html',
    stamp: 'dist/page.stamp',
  },
  desktop: {
    inputs: [...common, 'electron', 'signalling', 'package.json'],
    output: 'dist/electron/main.js',
    stamp: 'dist/desktop.stamp',
  },
} satisfies Record<string, Target>

/** Builds the page or the desktop when its sources have changed since it was last built this way. */
export const buildStale = async (name: keyof typeof targets): Promise<void> => {
  await buildIfStale(process.cwd(), targets[name], async () => {
    console.error(`Building the ${name}...`)
    const { code, output } = await capture([node, 'build/build.ts', name], { limitMs: 300_000 })
    if (code === 0) return
    console.error(output.trimEnd())
    throw new Problem(`The ${name} could not be built: see above.`)
  })
}
