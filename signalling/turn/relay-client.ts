/** Somebody who talks to the relay, by one address, port and transport. */
export interface RelayClient {
  /** Address, port and transport: no two clients have the same. */
  readonly id: string
  readonly address: string
  readonly port: number
  /** Whether the transport has no borders between messages: then everything is padded to a multiple of four. */
  readonly isStream: boolean
  /** Sends at once or not at all: what does not fit is lost, like a packet of UDP. */
  readonly send: (bytes: Buffer) => void
}
