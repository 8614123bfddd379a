/* global document, MediaStream, RTCPeerConnection */

/**
 * The WebRTC half of a textbook client: one RTCPeerConnection to each remote, one video element for each, candidates
 * one at a time. `send` brings `offer`, `answer` and `candidate` to the one remote.
 */
export class Remotes {
  #connections = new Map()
  /** Those that came before there was something to add them to. */
  #early = []
  #send
  #stream

  constructor(stream, send) {
    this.#stream = stream
    this.#send = send
  }

  static async open(send) {
    return new Remotes(
      await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 180 } }),
      send,
    )
  }

  async offerTo(id) {
    const connection = this.#connect(id)
    await connection.setLocalDescription(await connection.createOffer())
    this.#send.offer(id, connection.localDescription)
  }

  async takeOffer(id, offer) {
    const connection = this.#connections.get(id) ?? this.#connect(id)
    await connection.setRemoteDescription(offer)
    this.#addEarly()
    await connection.setLocalDescription(await connection.createAnswer())
    this.#send.answer(id, connection.localDescription)
  }

  async takeAnswer(id, answer) {
    await this.#connections.get(id).setRemoteDescription(answer)
    this.#addEarly()
  }

  /** A wire that does not say whose it is: the connection whose it is takes it, the others refuse it. */
  takeCandidate(candidate) {
    this.#early.push(candidate)
    this.#addEarly()
  }

  leave(id) {
    this.#connections.get(id)?.close()
    this.#connections.delete(id)
    document.getElementById(`remote-${id}`)?.remove()
  }

  #connect(id) {
    const connection = new RTCPeerConnection()
    this.#connections.set(id, connection)
    for (const track of this.#stream.getTracks()) connection.addTrack(track, this.#stream)
    connection.onicecandidate = ({ candidate }) => candidate && this.#send.candidate(id, candidate)
    connection.ontrack = ({ track }) => this.#videoOf(id).srcObject.addTrack(track)
    return connection
  }

  #addEarly() {
    for (const candidate of this.#early)
      for (const connection of this.#connections.values())
        if (connection.remoteDescription) connection.addIceCandidate(candidate).catch(() => undefined)
  }

  #videoOf(id) {
    const known = document.getElementById(`remote-${id}`)
    if (known) return known
    const video = document.createElement('video')
    Object.assign(video, { id: `remote-${id}`, autoplay: true, playsInline: true, srcObject: new MediaStream() })
    document.body.append(video)
    return video
  }

  /** For each remote: frames decoded so far, and the energy of the sound that was heard. */
  async measure() {
    return await Promise.all(
      [...this.#connections].map(async ([id, connection]) => {
        const received = [...(await connection.getStats()).values()].filter(({ type }) => type === 'inbound-rtp')
        const sum = (field) => received.reduce((total, entry) => total + (entry[field] ?? 0), 0)
        return { id, frames: sum('framesDecoded'), sound: sum('totalAudioEnergy') }
      }),
    )
  }
}
