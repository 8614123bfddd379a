import { expect, onTestFinished } from 'vitest'
import type { LiveWire } from '#renderer/call/live-wire.ts'
import { eventually } from './await-media.ts'

type Listener = (...args: never[]) => void

/** A server's side of the wire, with a real connection in the relay's place. */
export class LiveWireDouble implements LiveWire {
  readonly said: [string, object][] = []
  /** Answers of the server in place of 200, by event or path. */
  readonly statuses = new Map<string, number>()
  readonly iceServers: RTCIceServer[] = []
  isClosed = false
  isReachable = true
  relay: RTCPeerConnection | null = null
  readonly #listeners = new Map<string, Listener>()

  readonly on = ((name: string, listener: Listener) => {
    this.#listeners.set(name, listener)
    return () => this.#listeners.delete(name)
  }) as LiveWire['on']

  tell(name: string, ...args: unknown[]): void {
    if (!this.isClosed) this.#listeners.get(name)?.(...(args as never[]))
  }
  connect(): void {
    queueMicrotask(() => (this.isReachable ? this.tell('opened') : this.tell('unreached', null)))
  }
  async ask(event: string, payload: object): Promise<number> {
    return await this.#answer(event, payload)
  }
  async post(path: string, body: object): Promise<number> {
    return await this.#answer(path, body)
  }
  send(event: string, payload: object): void {
    this.said.push([event, payload])
    const { sdp, candidate } = JSON.parse(JSON.stringify(payload)) as {
      sdp?: RTCSessionDescriptionInit
      candidate?: RTCIceCandidateInit
    }
    if (sdp) void this.relay?.setRemoteDescription(sdp)
    if (candidate) {
      const { relay } = this
      void eventually(() => expect(relay?.remoteDescription).not.toBeNull()).then(() =>
        relay?.addIceCandidate(candidate).catch(() => undefined),
      )
    }
  }
  close(): void {
    this.isClosed = true
  }

  /** As the relay offers: to receive sound and picture, and nothing else. */
  async offer(): Promise<RTCPeerConnection> {
    this.relay?.close()
    const relay = new RTCPeerConnection()
    this.relay = relay
    onTestFinished(() => relay.close())
    for (const kind of ['audio', 'video']) relay.addTransceiver(kind, { direction: 'recvonly' })
    relay.addEventListener('icecandidate', ({ candidate }) => {
      if (candidate) this.tell('candidate', candidate.toJSON())
    })
    await relay.setLocalDescription()
    this.tell('offer', relay.localDescription!.toJSON())
    return relay
  }

  names(): string[] {
    return this.said.map(([name]) => name)
  }

  async #answer(name: string, payload: object): Promise<number> {
    this.said.push([name, payload])
    await Promise.resolve()
    return this.statuses.get(name) ?? 200
  }
}
