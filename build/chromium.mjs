import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'

const onPath = (names) =>
  (process.env.PATH ?? '').split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)))

const places = {
  linux: () => onPath(['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge']),
  darwin: () =>
    ['', process.env.HOME ?? ''].flatMap((home) => [
      `${home}/Applications/Google Chrome.app/Contents/MacOS/Google Chrome`,
      `${home}/Applications/Chromium.app/Contents/MacOS/Chromium`,
      `${home}/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge`,
    ]),
  win32: () =>
    [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA]
      .filter((folder) => folder !== undefined)
      .flatMap((folder) => [
        join(folder, 'Google/Chrome/Application/chrome.exe'),
        join(folder, 'Chromium/Application/chrome.exe'),
        join(folder, 'Microsoft/Edge/Application/msedge.exe'),
      ]),
}

/**
 * Finds a Chromium-family browser on this machine: `CHROMIUM_PATH` first, then the usual places of the system.
 * @returns {string | undefined} absolute path; undefined when there is none (Playwright's own may still be).
 */
export const findSystemChromium = () => {
  const wanted = process.env.CHROMIUM_PATH
  if (wanted) return wanted
  return (places[process.platform] ?? places.linux)().find((path) => existsSync(path))
}
