import { shell, systemPreferences } from 'electron'
import type { MediaAccess, MediaKind } from './ipc.ts'

/** Fixed addresses of the system's privacy pages; nothing that comes from the page ever gets into one. */
const privacyPages: Partial<Record<NodeJS.Platform, Readonly<Record<MediaKind, string>>>> = {
  darwin: {
    camera: 'x-apple.systempreferences:com.apple.preference.security?Privacy_Camera',
    microphone: 'x-apple.systempreferences:com.apple.preference.security?Privacy_Microphone',
  },
  win32: { camera: 'ms-settings:privacy-webcam', microphone: 'ms-settings:privacy-microphone' },
}

/** The operating system's own permission; Linux has none to ask. */
export const getMediaAccess = (kind: MediaKind): MediaAccess =>
  process.platform === 'linux' ? 'unknown' : systemPreferences.getMediaAccessStatus(kind)

/** Lets macOS ask the person (it does so once in a lifetime); elsewhere the same as `getMediaAccess`. */
export const askMediaAccess = async (kind: MediaKind): Promise<MediaAccess> => {
  if (process.platform === 'darwin') await systemPreferences.askForMediaAccess(kind)
  return getMediaAccess(kind)
}

/** Opens the page of the system's settings where the permission is changed. False where there is none. */
export const openMediaSettings = async (kind: MediaKind): Promise<boolean> => {
  const address = privacyPages[process.platform]?.[kind]
  if (address === undefined) return false
  await shell.openExternal(address)
  return true
}
