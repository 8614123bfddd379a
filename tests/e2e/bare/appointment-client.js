/* global io */
import { Remotes } from './remotes.js'

/** Socket.IO appointments (S0): offers to the one it is told of, answers everyone else. */
export const join = async (server, appointment_id, name) => {
  const socket = io(server, { forceNew: true })
  const remotes = await Remotes.open({
    offer: (remoteSocketId, offer) => socket.emit('send_offer', { appointment_id, offer, remoteSocketId }),
    answer: (remoteSocketId, answer) => socket.emit('send_answer', { appointment_id, answer, remoteSocketId }),
    candidate: (remoteSocketId, candidate) => socket.emit('ice_candidate', { remoteSocketId, candidate }),
  })
  const errors = []
  socket.on('error', ({ message }) => errors.push(message))
  socket.on('receive_offer', ({ from, offer }) => void remotes.takeOffer(from, offer))
  socket.on('receive_answer', ({ from, answer }) => void remotes.takeAnswer(from, answer))
  socket.on('ice_candidate', ({ candidate }) => void remotes.takeCandidate(candidate))
  const joined = new Promise((resolve) => {
    socket.on('joined_successfully', ({ remoteSocket }) => {
      if (remoteSocket) void remotes.offerTo(remoteSocket)
      resolve()
    })
  })
  socket.emit('join_room', { appointment_id, name })
  await joined
  return { errors, measure: () => remotes.measure(), leave: () => socket.disconnect() }
}
