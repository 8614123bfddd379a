import type { DeviceProblem } from './call-state.ts'

/** The operating system's privacy settings keep the app from the device; no browser was asked. */
export class SystemRefusal extends Error {
  override readonly name = 'SystemRefusal'
}

/** Says what is behind a failed `getUserMedia` (W3C mediacapture-streams, section 10.2.1; Chromium's own wording). */
export const nameDeviceProblem = (error: unknown): DeviceProblem => {
  if (error instanceof SystemRefusal) return 'refused-by-system'
  if (!(error instanceof Error)) return 'unknown'
  switch (error.name) {
    case 'NotAllowedError':
    case 'PermissionDeniedError':
      // Chromium: "Permission denied by system", against "Permission denied" and "Permission dismissed".
      return /system/i.test(error.message) ? 'refused-by-system' : 'refused-by-person'
    case 'SecurityError':
      return 'refused-by-person'
    case 'NotFoundError':
    case 'DevicesNotFoundError':
    case 'OverconstrainedError':
      return 'none-found'
    case 'NotReadableError':
    case 'TrackStartError':
    case 'AbortError':
      return 'in-use'
    default:
      return 'unknown'
  }
}
