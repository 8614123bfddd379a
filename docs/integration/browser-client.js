/**
 * A whole client of Earshot's protocol for the browser: joins a room, connects to everyone in it, shows them.
 * Needs socket.io-client 4 (as `io`). `tiles` is any element; every person gets a <video> in it.
 *
 *   const meeting = await joinMeeting({ io, server: 'https://meet.example.org', room: 'k7mq-2xvd-9thr', name: 'Ada', tiles })
 *   meeting.say('Hello'); meeting.leave()
 */
export async function joinMeeting({ io, server, room, name, tiles, token, onChat = () => {} }) {
  const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: true })
  const socket = io(server, { transports: ['websocket'], auth: { version: 1, ...(token && { token }) } })
  const people = new Map()
  const inside = new Set()
  let iceServers = []
  let me = ''
  socket.on('session:opened', (session) => ({ iceServers, peerId: me } = session))
  const ask = async (request, payload) => {
    const answer = await socket.timeout(5000).emitWithAck(request, payload)
    if (!answer.ok) throw new Error(answer.message)
    return answer.value
  }

  // One connection to one person. The epoch names it, so that late signals of a former one can be told apart.
  function connect(id) {
    people.get(id)?.close()
    const pc = new RTCPeerConnection({ iceServers, bundlePolicy: 'max-bundle' })
    const epoch = crypto.randomUUID().slice(0, 22)
    const video = Object.assign(document.createElement('video'), { autoplay: true, playsInline: true })
    video.dataset.peer = id
    video.srcObject = new MediaStream()
    tiles.append(video)
    const person = { pc, epoch, theirs: null, isOffering: false, chain: Promise.resolve() }
    const send = (signal) =>
      socket.emit('signal:send', { to: id, signal: { epoch, toEpoch: person.theirs, ...signal } })
    for (const track of media.getTracks()) pc.addTrack(track, media)
    pc.ontrack = ({ track }) => video.srcObject.addTrack(track)
    pc.onicecandidate = ({ candidate }) => {
      if (!candidate) return
      const { sdpMid, sdpMLineIndex, usernameFragment } = candidate
      send({
        kind: 'candidates',
        candidates: [{ candidate: candidate.candidate, sdpMid, sdpMLineIndex, usernameFragment }],
      })
    }
    pc.onconnectionstatechange = () => pc.connectionState === 'failed' && pc.restartIce()
    person.describe = async () => {
      await pc.setLocalDescription()
      send({ kind: 'description', type: pc.localDescription.type, sdp: pc.localDescription.sdp })
    }
    person.offer = async () => {
      person.isOffering = true
      await person.describe().finally(() => (person.isOffering = false))
      pc.onnegotiationneeded = person.offer
    }
    person.close = () => (pc.close(), video.remove(), people.delete(id))
    people.set(id, person)
    return person
  }

  // Perfect negotiation (W3C WebRTC, section 10.7): of two offers that cross, the one with the smaller id wins.
  async function take(from, signal) {
    let person = people.get(from) ?? connect(from)
    const isOffer = signal.kind === 'description' && signal.type === 'offer'
    if (signal.toEpoch !== null && signal.toEpoch !== person.epoch) return
    if (isOffer && person.theirs !== null && person.theirs !== signal.epoch) person = connect(from)
    if (signal.kind === 'description') person.theirs = signal.epoch
    if (signal.epoch !== person.theirs) return
    const { pc } = person
    if (signal.kind === 'candidates') {
      for (const candidate of signal.candidates) await pc.addIceCandidate(candidate).catch(() => {})
      return
    }
    const isColliding = isOffer && (person.isOffering || pc.signalingState !== 'stable')
    if ((isColliding && me < from) || (!isOffer && pc.signalingState !== 'have-local-offer')) return
    await pc.setRemoteDescription({ type: signal.type, sdp: signal.sdp })
    if (isOffer) await person.describe()
    pc.onnegotiationneeded = person.offer
  }

  let order = Promise.resolve()
  socket.on('signal:received', ({ from, signal }) => {
    // Those who only look may offer already (PROTOCOL, S5); here they wait until they are inside.
    if (inside.has(from)) order = order.then(() => take(from, signal)).catch(console.warn)
  })
  socket.on('peer:joined', (peer) => {
    inside.add(peer.id)
    if (peer.offer === 'you') connect(peer.id).offer()
  })
  socket.on('peer:left', ({ id }) => (inside.delete(id), people.get(id)?.close()))
  socket.on('chat:posted', onChat)

  const joined = await ask('room:join', { code: room, name })
  for (const { id, offer } of joined.room.peers) {
    inside.add(id)
    if (id !== me && offer !== 'they') connect(id).offer()
  }

  return {
    say: (text) => ask('chat:send', { nonce: crypto.randomUUID(), text }),
    leave: async () => {
      await ask('room:leave', {}).catch(() => {})
      for (const person of people.values()) person.close()
      for (const track of media.getTracks()) track.stop()
      socket.close()
    },
  }
}
