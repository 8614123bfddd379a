/* global EventSource */
import { Remotes } from './remotes.js'

/** Sessions over server-sent events (S2a): offers to whoever arrives, answers who was there. No WebSocket anywhere. */
export const join = async (server, sessionId, peerId) => {
  const address = (action) => `${server}/${action}/${encodeURIComponent(sessionId)}/${encodeURIComponent(peerId)}`
  const errors = []
  let token = ''
  /** One after the other, so that they arrive in the order they were sent. */
  let sending = Promise.resolve()
  const post = async (action, body) => {
    const response = await fetch(address(action), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    })
    const answer = await response.json()
    if (!response.ok) errors.push(answer.message)
    return answer
  }
  const send = (type) => (target, payload) => {
    sending = sending.then(() => post('message', { type, payload, target }))
  }
  const remotes = await Remotes.open({ offer: send('offer'), answer: send('answer'), candidate: send('ice-candidate') })
  ;({ token } = await post('register', {}))
  const events = new EventSource(address('events'))
  const takers = {
    ping: () => undefined,
    'new-peer': ({ senderId }) => remotes.offerTo(senderId),
    offer: ({ senderId, payload }) => remotes.takeOffer(senderId, payload),
    answer: ({ senderId, payload }) => remotes.takeAnswer(senderId, payload),
    'ice-candidate': ({ payload }) => remotes.takeCandidate(payload),
    'peer-left': ({ senderId }) => remotes.leave(senderId),
  }
  events.onmessage = ({ data }) => {
    const event = JSON.parse(data)
    void takers[event.type](event)
  }
  await new Promise((resolve) => {
    events.onopen = resolve
  })
  return { errors, measure: () => remotes.measure(), leave: () => events.close() }
}
