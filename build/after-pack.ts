import { join } from 'node:path'
import { flipFuses, FuseV1Options, FuseVersion } from '@electron/fuses'
import type { AfterPackContext } from 'electron-builder'

/**
 * Every fuse of Electron 45 (docs/tutorial/fuses.md). Set here and not by electron-builder's own key, which does not
 * know the last one: all are required, so that a new fuse of a later Electron stops the build until it is decided.
 */
export const fuses = {
  version: FuseVersion.V1,
  strictlyRequireAllFuses: true,
  // The app must not be a Node for whoever can set its environment.
  [FuseV1Options.RunAsNode]: false,
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
  [FuseV1Options.EnableNodeCliInspectArguments]: false,
  // There are no cookies; and on a Mac without a certificate this asks for the keychain at each start.
  [FuseV1Options.EnableCookieEncryption]: false,
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
  [FuseV1Options.OnlyLoadAppFromAsar]: true,
  [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  // The page is app://; nothing is loaded from file://.
  [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
  [FuseV1Options.WasmTrapHandlers]: true,
} as const

/** Where the packed Electron is: the app on macOS, the program elsewhere. */
const packedElectron = ({
  appOutDir,
  electronPlatformName,
  packager,
}: Pick<AfterPackContext, 'appOutDir' | 'electronPlatformName' | 'packager'>): string => {
  const { productFilename } = packager.appInfo
  if (electronPlatformName === 'darwin') return join(appOutDir, `${productFilename}.app`)
  if (electronPlatformName === 'win32') return join(appOutDir, `${productFilename}.exe`)
  return join(appOutDir, packager.config.linux?.executableName ?? productFilename)
}

/** electron-builder's hook between packing and signing. */
export const setFuses = async (context: AfterPackContext): Promise<void> => {
  await flipFuses(packedElectron(context), fuses)
}
