import { chromium } from 'playwright'
import { findSystemChromium } from '#build/chromium.mjs'

/** Chromium to test with: the system's, else the one that Playwright was told to install. */
export const chromiumPath = findSystemChromium() ?? chromium.executablePath()

/** Fake camera and microphone, no prompts, no traffic of the browser's own. */
export const chromiumArgs = [
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
  // Chromium's sandbox cannot start as root (containers, CI).
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
]
