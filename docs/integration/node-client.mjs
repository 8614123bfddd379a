/**
 * A client of Earshot's protocol for Node: joins a room without sound or picture, greets whoever comes, and prints the
 * chat. Comes back by itself when the connection is lost.
 *
 *   node node-client.mjs https://meet.example.org k7mq-2xvd-9thr "Note taker"
 */
import { randomUUID } from 'node:crypto'
import { io } from 'socket.io-client'

const [server, room, name = 'Note taker'] = process.argv.slice(2)
const socket = io(server, { transports: ['websocket'], auth: { version: 1, token: process.env.ACCESS_TOKEN } })
let resumeToken = null

const ask = async (request, payload) => {
  const answer = await socket.timeout(5000).emitWithAck(request, payload)
  if (!answer.ok) throw Object.assign(new Error(answer.message), { code: answer.code })
  return answer.value
}
const say = (text) => ask('chat:send', { nonce: randomUUID(), text })

/** The former place, when the server still has it; a new one otherwise. */
const enter = async () => {
  const resumed = resumeToken === null ? null : await ask('peer:resume', { token: resumeToken }).catch(() => null)
  const joined = resumed ?? (await ask('room:join', { code: room, name }))
  resumeToken = joined.token
  const others = joined.room.peers.filter(({ id }) => id !== joined.peerId).map((peer) => peer.name)
  console.log(`inside with ${others.length === 0 ? 'nobody' : others.join(', ')}`)
}

socket.on('session:opened', () =>
  enter().catch((error) => {
    console.error(error.message)
    socket.close()
  }),
)
socket.on('connect_error', (error) => console.error(error.data?.message ?? error.message))
socket.on('peer:joined', (peer) => {
  console.log(`${peer.name} came in`)
  say(`Welcome, ${peer.name}!`).catch((error) => console.error(error.message))
})
socket.on('peer:left', ({ id }) => console.log(`${id} left`))
socket.on('chat:posted', (message) => console.log(`${message.name}: ${message.text}`))
process.once('SIGINT', () => ask('room:leave', {}).finally(() => socket.close()))
