import { onTestFinished, vi } from 'vitest'

/** What the page does outside of its own clock: signatures are made and checked by other threads. */
const pending = new Set<Promise<unknown>>()

/** The page's clock moves by `pass` alone from now on in this test. */
export const fakeTime = () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] })
  for (const name of ['digest', 'importKey', 'exportKey', 'sign', 'verify', 'generateKey'] as const) followCrypto(name)
  onTestFinished(() => {
    vi.restoreAllMocks()
    vi.useRealTimers()
  })
}

const followCrypto = (name: 'digest' | 'importKey' | 'exportKey' | 'sign' | 'verify' | 'generateKey') => {
  const { subtle } = crypto
  const original = (subtle[name] as (...args: unknown[]) => Promise<unknown>).bind(subtle)
  const spy = vi.spyOn(subtle, name) as unknown as { mockImplementation: (act: typeof original) => void }
  spy.mockImplementation((...args) => {
    const result = original(...args)
    pending.add(result)
    const forget = () => pending.delete(result)
    result.then(forget, forget)
    return result
  })
}

/** After all tasks that are due now. */
const turn = () =>
  new Promise<void>((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })

/** After all that is under way outside of the clock, too. */
export const settle = async (): Promise<void> => {
  do {
    await Promise.allSettled([...pending])
    await turn()
  } while (pending.size > 0)
}

const STEP_MS = 50

/** `each` is called after each step of the clock. */
export const pass = async (ms: number, each: () => void = () => undefined): Promise<void> => {
  await settle()
  for (let left = ms; left > 0; left -= STEP_MS) {
    await vi.advanceTimersByTimeAsync(Math.min(STEP_MS, left))
    await settle()
    each()
  }
}
