import { app } from 'electron'

const PROFILE = /^--profile=([a-z\d][a-z\d-]{0,31})$/i

/**
 * Reads `--profile=NAME` (letters, digits, dashes; at most 32) from a command line; null when there is none. Looks for
 * the one argument and passes everything else over: Chromium adds its own.
 */
const findProfile = (argv: readonly string[]): string | null =>
  argv.map((argument) => PROFILE.exec(argument)?.[1]?.toLowerCase()).find((name) => name !== undefined) ?? null

/** Gives a named profile its own settings, storage and lock. Call before `claimSingleInstance` and before ready. */
export const chooseProfile = (argv: readonly string[]): void => {
  const profile = findProfile(argv)
  if (profile !== null) app.setPath('userData', `${app.getPath('userData')}-${profile}`)
}

/**
 * Answers whether this is the first start with this profile. Else quit: the first one is told, and `onSecondStart`
 * brings it to the front there. It gets the second command line, in which only an invitation may be looked for.
 */
export const claimSingleInstance = (onSecondStart: (argv: readonly string[]) => void): boolean => {
  app.on('second-instance', (_event, argv) => onSecondStart(argv))
  return app.requestSingleInstanceLock()
}
