import { defineConfig } from 'playwright/test'
import { chromiumArgs, chromiumPath } from './tests/helpers/chromium-launch.ts'

export default defineConfig({
  projects: [
    { name: 'e2e', testDir: 'tests', testMatch: ['e2e/**/*.spec.ts', 'lan/cable.spec.ts'] },
    // Needs root and Linux's network namespaces, and takes a quarter of an hour; run by `npm run test:lan`.
    { name: 'lan', testDir: 'tests/lan' },
  ],
  outputDir: 'test-results',
  // Each test runs several browsers with live video; side by side they would starve each other on a small machine.
  workers: 1,
  fullyParallel: false,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  forbidOnly: true,
  retries: 0,
  reporter: [['list'], ['json', { outputFile: 'test-results/e2e.json' }]],
  use: {
    // No traces: their screencast costs more than the video calls under test.
    screenshot: 'only-on-failure',
    launchOptions: { executablePath: chromiumPath, args: chromiumArgs },
  },
})
