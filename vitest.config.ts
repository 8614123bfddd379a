import { svelte } from '@sveltejs/vite-plugin-svelte'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { chromiumArgs, chromiumPath } from './tests/helpers/chromium-launch.ts'

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'node',
          environment: 'node',
          include: ['tests/unit/{signalling,electron,build}/**/*.test.ts', 'tests/integration/**/*.test.ts'],
          testTimeout: 20_000,
          // Many wait for what takes its time on real networks, and need no processor meanwhile.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // The page's code runs where it lives: real WebRTC, real media elements, fake camera and microphone.
        plugins: [svelte()],
        // Found before the run: a dependency met in the middle of it would reload the page under a test.
        optimizeDeps: { entries: ['renderer/main.ts', 'tests/unit/renderer/**/*.test.ts'] },
        test: {
          name: 'page',
          include: ['tests/unit/renderer/**/*.test.ts'],
          testTimeout: 20_000,
          // Before the others: what has to keep up with a camera does not share the processor with them.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: { executablePath: chromiumPath, args: chromiumArgs } }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
})
