/**
 * A part of the page that is fetched when first wanted, once. A fetch that fails (the server was gone for a moment) is
 * forgotten, so that the next wish tries again.
 */
export const lazy = <T>(load: () => Promise<T>): (() => Promise<T>) => {
  let loading: Promise<T> | undefined
  return () => {
    loading ??= load().catch((cause: unknown) => {
      loading = undefined
      throw cause
    })
    return loading
  }
}

/** Runs when the page has nothing else to do (Safari knows no idle callbacks: after two seconds). Answers its own end. */
export const whenIdle = (run: () => void): (() => void) => {
  if (typeof requestIdleCallback === 'function') {
    const id = requestIdleCallback(run, { timeout: 2000 })
    return () => cancelIdleCallback(id)
  }
  const id = setTimeout(run, 2000)
  return () => clearTimeout(id)
}
