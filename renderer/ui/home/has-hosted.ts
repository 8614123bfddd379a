const storageKey = 'earshot.has-hosted'

/** Whether somebody has hosted with this installation, and so has answered what the system asks the first time. */
export const hasHosted = (): boolean => {
  try {
    return localStorage.getItem(storageKey) !== null
  } catch {
    return false
  }
}

/** From the next time on nobody is told what the system asks the first time. */
export const keepThatHosted = (): void => {
  try {
    localStorage.setItem(storageKey, '1')
  } catch {
    // No storage: said again the next time.
  }
}
