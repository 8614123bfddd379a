export interface StartArguments {
  /** Null: the person's own. */
  readonly profile: string | null
  /** False: try the download of Electron again although it failed lately. */
  readonly isPatient: boolean
  /** Everything the desktop app gets to see, the profile included. */
  readonly forApp: readonly string[]
}

const PROFILE = '--profile='
const RETRY = '--retry-electron'

export const parseStartArguments = (args: readonly string[]): StartArguments => ({
  profile: args.findLast((arg) => arg.startsWith(PROFILE))?.slice(PROFILE.length) ?? null,
  isPatient: !args.includes(RETRY),
  forApp: args.filter((arg) => arg !== RETRY),
})
