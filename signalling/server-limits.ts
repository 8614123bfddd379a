/** How often something may be done: `burst` times at once, and `perSecond` in the long run. */
export interface Rate {
  readonly burst: number
  readonly perSecond: number
}

/** Every bound and every time of the server that is not part of the wire (those are `limits` in protocol.ts). */
export interface ServerLimits {
  /** Open connections of all addresses together. One idle connection costs about 20 kB. */
  readonly connections: number
  /** TCP connections, those that have not become a WebSocket (yet) included. */
  readonly tcpConnections: number
  /**
   * Open connections of one address. A whole office may stand behind one address (NAT), so it is no tight bound; IPv6
   * is counted by the full address, because everyone on a home or office network shares one /64.
   */
  readonly connectionsPerAddress: number
  /** New connections of one address. A server that restarts is met by everyone at once. */
  readonly connectRate: Rate
  /** Loopback may be a reverse proxy that everyone comes through: it is bound by `connections` alone. */
  readonly isLoopbackExempt: boolean
  /** How long an address that was thrown out for flooding is refused. */
  readonly penaltyMs: number
  /** Addresses that are remembered without an open connection. */
  readonly idleAddresses: number

  /** `signal:send` of one connection: 15 links of a full mesh restarting at once stay below the burst. */
  readonly signalRate: Rate
  /**
   * `signal:send` of all together who look at one room from outside, so that they cannot drown those inside. A class of 15
   * that opens a room of 15 at once makes 225 links of about four signals each.
   */
  readonly watcherSignalRate: Rate
  /** `chat:send` of one connection. */
  readonly chatRate: Rate
  /** All other requests of one connection together. */
  readonly roomRate: Rate

  readonly rooms: number
  /** Those who look at one room from outside: each change is told to each. */
  readonly watchersPerRoom: number
  /** An empty room is kept this long, counted from when it was made or the last one left: its maker may be waiting in front of it. */
  readonly emptyRoomMs: number
  /** A lost connection keeps its place in the room this long. */
  readonly awayMs: number
  /** Signals kept for a peer that is away; one more drops them all. */
  readonly outboxSignals: number
  /** The same bound by size, in UTF-16 units of JSON. */
  readonly outboxSize: number
  /** How long a resume token is good. */
  readonly tokenLifetimeMs: number
  /** Peers of one room that are gone and whose tokens are remembered one by one. */
  readonly formerPeers: number
  /** Expired rooms whose tokens are refused one by one. */
  readonly formerRooms: number

  /** A silent connection is given up after `pingIntervalMs + pingTimeoutMs` at most: 8 s. */
  readonly pingIntervalMs: number
  readonly pingTimeoutMs: number
  /** From the opened WebSocket to the first Socket.IO packet. */
  readonly connectTimeoutMs: number
  /** A connection that does not read is cut when this many packets, */
  readonly queuedPackets: number
  /** or this many characters, wait for it. */
  readonly queuedSize: number

  /** Node's `headersTimeout`, `requestTimeout` and `connectionsCheckingInterval` (slow senders). */
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly checkConnectionsMs: number
  readonly headerBytes: number
  /** After `server:stopping`, requests are still answered (with a refusal) this long. */
  readonly stoppingMs: number
  /** Connections that have not closed by themselves are cut this long after that. */
  readonly closingMs: number
}

export const defaultServerLimits: ServerLimits = {
  connections: 2000,
  tcpConnections: 3000,
  connectionsPerAddress: 50,
  connectRate: { burst: 100, perSecond: 5 },
  isLoopbackExempt: true,
  penaltyMs: 10_000,
  idleAddresses: 1000,

  signalRate: { burst: 200, perSecond: 60 },
  watcherSignalRate: { burst: 1000, perSecond: 100 },
  chatRate: { burst: 20, perSecond: 5 },
  roomRate: { burst: 20, perSecond: 5 },

  rooms: 1000,
  watchersPerRoom: 100,
  emptyRoomMs: 60 * 60_000,
  awayMs: 30_000,
  outboxSignals: 64,
  outboxSize: 256 * 1024,
  tokenLifetimeMs: 12 * 60 * 60_000,
  formerPeers: 1000,
  formerRooms: 10_000,

  pingIntervalMs: 4000,
  pingTimeoutMs: 4000,
  connectTimeoutMs: 5000,
  queuedPackets: 1000,
  queuedSize: 1024 * 1024,

  headersTimeoutMs: 5000,
  requestTimeoutMs: 10_000,
  checkConnectionsMs: 1000,
  headerBytes: 8192,
  stoppingMs: 100,
  closingMs: 900,
}
