import { svelte } from '@sveltejs/vite-plugin-svelte'
import tailwindcss from '@tailwindcss/vite'
import { defineConfig } from 'vite'

/** The page: one build for Electron (app://bundle/) and for browsers (served by the signalling server). */
export default defineConfig({
  root: 'renderer',
  // Absolute, so that the page also works at /r/<code>.
  base: '/',
  plugins: [svelte({ configFile: '../svelte.config.js' }), tailwindcss()],
  build: {
    outDir: '../dist/renderer',
    emptyOutDir: true,
    // Electron 45 is Chromium 156; browser guests bring their own, so stay with what all current browsers have.
    target: 'baseline-widely-available',
    sourcemap: false,
    modulePreload: { polyfill: false },
  },
  server: { port: 5173, strictPort: true, host: '127.0.0.1' },
})
