import { spawn } from 'node:child_process'
import { watch } from 'node:fs'
import { rootArgs } from './browser-window.ts'
import { capture, exitOf, node, shareSignals } from './run.ts'

/** Editors write a file in several steps, and several files at once. */
const SETTLE_MS = 200
const SOURCES = ['electron', 'signalling']

export interface DesktopOptions {
  /** Of the Electron binary. */
  readonly path: string
  readonly args: readonly string[]
  /** Where the page is served while developing (electron/main.ts, EARSHOT_DEV_URL). */
  readonly pageUrl: string
  /** False when another run builds already. */
  readonly isBuilder: boolean
}

/** Resolves when the desktop's sources have changed and then been left alone for a moment. */
const nextChange = (): Promise<'changed'> =>
  new Promise((resolve) => {
    let settling: NodeJS.Timeout | undefined
    const watchers = SOURCES.map((folder) =>
      watch(folder, { recursive: true, persistent: false }, () => {
        clearTimeout(settling)
        settling = setTimeout(() => {
          for (const watcher of watchers) watcher.close()
          resolve('changed')
        }, SETTLE_MS)
      }),
    )
  })

/** What does not build is shown, and the app goes on as it was. */
const build = async (): Promise<boolean> => {
  const { code, output } = await capture([node, 'build/build.ts', 'desktop'], { limitMs: 120_000 })
  if (code !== 0) console.error(output.trimEnd())
  return code === 0
}

/** Runs the desktop app until its window is closed, and anew after each change of its sources. */
export const runDesktopWithReload = async ({ path, args, pageUrl, isBuilder }: DesktopOptions): Promise<number> => {
  for (;;) {
    const env = { ...process.env, EARSHOT_DEV_URL: pageUrl }
    const child = spawn(path, [...rootArgs, '.', ...args], { stdio: 'inherit', env })
    shareSignals(child)
    const ended = exitOf(child)
    let isBuilt = false
    while (!isBuilt) {
      const first = await (isBuilder ? Promise.race([ended, nextChange()]) : ended)
      if (first !== 'changed') return first
      isBuilt = await build()
    }
    console.log('The desktop has changed: starting it again.')
    child.kill()
    await ended
  }
}
