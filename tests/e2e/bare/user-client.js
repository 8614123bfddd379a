/* global io */
import { Remotes } from './remotes.js'

/** Users and calls (S3): calls a room by its name, is accepted, and answers whoever offers. */
export const join = async (server, room, userId) => {
  const socket = io(server, { forceNew: true })
  const remotes = await Remotes.open({
    offer: (to, offer) => socket.emit('call:offer', { offer, from: userId, to, callType: 'video' }),
    answer: (to, answer) => socket.emit('call:answer', { answer, from: userId, to }),
    candidate: (to, candidate) => socket.emit('ice:candidate', { candidate, from: userId, to }),
  })
  const errors = []
  socket.on('error', ({ message }) => errors.push(message))
  socket.on('call:offer', ({ from, offer }) => void remotes.takeOffer(from, offer))
  socket.on('call:answer', ({ from, answer }) => void remotes.takeAnswer(from, answer))
  socket.on('ice:candidate', ({ candidate }) => void remotes.takeCandidate(candidate))
  const next = (event) => new Promise((resolve) => socket.once(event, resolve))
  const joined = next('user:joined')
  socket.emit('user:join', { userId })
  await joined
  const accepted = next('call:accepted')
  socket.emit('call:initiate', { to: room, callType: 'video' })
  const { callId } = await accepted
  return { errors, measure: () => remotes.measure(), leave: () => socket.emit('call:end', { callId }) }
}
