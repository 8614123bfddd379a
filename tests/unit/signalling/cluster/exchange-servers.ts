import { expect } from 'vitest'
import { nameKey } from '#signalling/cluster/cluster.ts'
import { post, SseClient } from '../../../integration/dialects/sse-sessions-client.ts'
import { startJoined, type Joined } from './joined-servers.ts'

export const SENT = { status: 200, body: { message: 'Message sent' } }
export const LOST = { status: 503, body: { message: 'The part of the server that had this is gone. Try again.' } }

/** Processes of which `a` is home to the session `s`. */
export const start = async (options?: Parameters<typeof startJoined>[0]) => {
  const joined = await startJoined(options)
  joined.registry.homes.set(nameKey('s'), 'a')
  return joined
}

/** Answers the token of `peer`, who is in the session from now on. */
export const register = async ({ url }: Joined, peer: string): Promise<string> => {
  const { status, body } = await new SseClient(url, 's', peer).register()
  expect(status).toBe(200)
  return body.token!
}
export const say = ({ url }: Joined, from: string, payload: string, target: string) =>
  post(`${url}/message/s/${from}`, { type: 'ice-candidate', payload, target })

/** Posts so that the request is on its way when this returns; the answer may take as long as it likes. */
export const begin = (url: string, stop?: AbortSignal) =>
  fetch(url, { method: 'POST', ...(stop === undefined ? {} : { signal: stop }) }).then(async (response) => ({
    status: response.status,
    body: (await response.json()) as unknown,
  }))
