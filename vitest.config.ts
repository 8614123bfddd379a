import { svelte } from '@sveltejs/vite-plugin-svelte'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { chromiumArgs, chromiumPath } from './tests/helpers/chromium-launch.ts'

export default defineConfig({
  test: {
    // Many wait for what takes its time on real networks, and need no processor meanwhile.
    maxWorkers: 3,
    projects: [
      {
        test: {
          name: 'node',
          environment: 'node',
          include: ['tests/unit/{signalling,electron,build}/**/*.test.ts', 'tests/integration/**/*.test.ts'],
          testTimeout: 20_000,
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
