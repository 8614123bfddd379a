import * as v from 'valibot'

const TIMEOUT_MS = 3000
const Health = v.object({ status: v.literal('ok') })

/** Whether an Earshot server answers on this port of this computer; asked from outside its process, as a guest would. */
export const checkServer = async (port: number): Promise<boolean> => {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    return v.is(Health, await response.json())
  } catch {
    // Refused, too slow, or no JSON: in each case nobody could join.
    return false
  }
}
