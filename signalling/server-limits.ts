import { defaultRelayLimits, type RelayLimits } from './relay/relay-limits.ts'
import { defaultTurnLimits, type TurnLimits } from './turn/turn-limits.ts'

/** How often something may be done: `burst` times at once, and `perSecond` in the long run. */
export interface Rate {
  readonly burst: number
  readonly perSecond: number
}

/** Every bound and every time of the server that is not part of the wire (those are `limits` in protocol.ts). */
export interface ServerLimits extends TurnLimits, RelayLimits {
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
  /** `chat:merge` of one connection, 8 messages each: two histories of 200 at once. */
  readonly mergeRate: Rate
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

  /** Rooms that one address asks for and that there are not: who tries codes is slowed. */
  readonly missRate: Rate
  /** Wrong passwords of one address, */
  readonly passwordRate: Rate
  /** and of all addresses at one room. Whoever is beyond it is refused with the right one as well. */
  readonly roomPasswordRate: Rate
  /** Passwords of one address that are set or compared, right ones too: during the 8 ms of each nothing else is done, */
  readonly hashRate: Rate
  /** and those of all addresses together: a tenth of the time in the long run. */
  readonly serverHashRate: Rate
  /** Addresses that are remembered for each of these rates. */
  readonly triedAddresses: number
  /** Of one address that wait in front of one room. */
  readonly knocksPerAddress: number
  /** How long somebody who was admitted may take to come in. */
  readonly admittedMs: number
  /** After a host declined, nobody from that address knocks for this long, */
  readonly declinedMs: number
  /** and for this long after it happened again. */
  readonly declinedAgainMs: number
  /** Addresses of those who were declined, and people who were removed, that one room remembers. */
  readonly turnedAway: number
  /** Hosts of one room whose place ran out, and who are hosts again when they come back. */
  readonly formerHosts: number

  /** Users of the system of users and calls: connected, or waited for. */
  readonly users: number
  /** A call that nobody answers is over after this long. */
  readonly ringMs: number
  /** User ids that belong to a key. */
  readonly claims: number
  /** How long such an id belongs to its key after it was last proved. */
  readonly claimLifetimeMs: number
  /** How long a challenge may be answered. */
  readonly challengeMs: number

  /** Appointments that are kept, with their chats and documents; the longest unused goes for a new one, */
  readonly appointments: number
  /** but none that was used so lately, */
  readonly appointmentInUseMs: number
  /** and in any case after so long without use. */
  readonly appointmentUnusedMs: number
  /** Texts of all appointments together, in UTF-16 units: in the data folder, */
  readonly storedSize: number
  /** or in memory without one. */
  readonly storedSizeInMemory: number
  /** The file can not grow beyond this, whatever happens. */
  readonly storeFileBytes: number
  /** Messages of the chat of one appointment, */
  readonly storedChats: number
  /** and the same by size, in UTF-16 units of JSON. They go to whoever joins in one packet. */
  readonly storedChatsSize: number
  /** Lines of the call log, */
  readonly callLog: number
  /** and how long each is kept. */
  readonly callLogMs: number
  /** What has had its time is looked for at the start, and then this often. */
  readonly pruneMs: number

  /** In a server of several processes: packets of one connection that wait for their place, or answers it waits for. */
  readonly clusterWaitingPackets: number
  /** Connections of all other processes together that are answered here. */
  readonly clusterConnections: number

  /** A silent connection is given up after `pingIntervalMs + pingTimeoutMs` at most: 8 s. */
  readonly pingIntervalMs: number
  readonly pingTimeoutMs: number
  /** From the opened WebSocket to the first Socket.IO packet. */
  readonly connectTimeoutMs: number
  /** A connection that does not read is cut when this many packets, */
  readonly queuedPackets: number
  /** or this many characters, wait for it. */
  readonly queuedSize: number

  /** A peer of an event-stream session whose stream is gone, or never came, keeps its place this long. */
  readonly streamResumeMs: number
  /** What an event stream may still be asked for again: this many events, */
  readonly streamEvents: number
  /** and this many bytes. */
  readonly streamSize: number
  /** An event stream is cut when this many bytes wait for its reader. Half of `streamSize`, so that nothing is lost by it. */
  readonly streamQueuedSize: number
  /** How often an event stream has a comment (proxies close what is silent for 60 s) and a ping. */
  readonly streamBeatMs: number
  /** Whether peers of event-stream sessions have to show the token that registering answered. */
  readonly requireSessionTokens: boolean

  /** How often a process of several that are joined says that it lives, */
  readonly clusterHeartbeatMs: number
  /**
   * and how long after that it is taken for dead. With a heartbeat less than what clients wait for an answer (our page 5 s):
   * what was asked of a home that has just died is answered by the next one.
   */
  readonly clusterExpiryMs: number
  /** After Redis is back, all processes have this long to say that they live. More than one heartbeat and one reconnection. */
  readonly clusterSettleMs: number
  /** How long a process may hold back that it has read messages of another one. */
  readonly clusterAckMs: number
  /** Messages to one process that it has not read yet, in UTF-16 units of JSON; one more breaks the link to it. */
  readonly clusterUnreadSize: number
  /** Messages that go through Redis in one piece, in UTF-16 units of JSON; a larger one goes alone. */
  readonly clusterBatchSize: number
  /** How many of these are read at a time. */
  readonly clusterBatchesRead: number
  /** What a process does not fetch is removed from Redis after this. It is taken for dead long before. */
  readonly clusterUnreadMs: number
  /** Before messages and changes are sent again that Redis did not take. */
  readonly clusterRetryMs: number
  /** Dead processes that are remembered, in case they were only stalled. */
  readonly clusterFormerProcesses: number
  /** How often a process gives away the places in it that are idle, and renews in Redis what is at home in it. */
  readonly clusterSweepMs: number
  /** Answers and facts that wait until Redis has what they follow from; beyond it the place of the oldest is given up. */
  readonly clusterHeldOutputs: number
  /** How long closing may take to write what is not written yet. */
  readonly clusterFlushMs: number

  /** HTTP requests that one process has handled by others at a time, event streams included; and as many that it handles for others. */
  readonly clusterExchanges: number
  /** How long the other processes may take to say whether they have told a device, */
  readonly clusterNoticeMs: number
  /** and how many such questions are open at a time. */
  readonly clusterNotices: number

  /** Node's `headersTimeout`, `requestTimeout` and `connectionsCheckingInterval` (slow senders). */
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly checkConnectionsMs: number
  readonly headerBytes: number
  /** How long `/health/ready` says so after the store failed. */
  readonly storeFaultMs: number
  /** After `server:stopping`, requests are still answered (with a refusal) this long. */
  readonly stoppingMs: number
  /** Other systems' streams and relays have this long to end. */
  readonly dialectsClosingMs: number
  /** Connections that have not closed by themselves are cut this long after that. */
  readonly closingMs: number
}

export const defaultServerLimits: ServerLimits = {
  ...defaultTurnLimits,
  ...defaultRelayLimits,

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
  mergeRate: { burst: 50, perSecond: 2 },
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

  missRate: { burst: 20, perSecond: 0.5 },
  passwordRate: { burst: 5, perSecond: 0.2 },
  roomPasswordRate: { burst: 20, perSecond: 1 },
  hashRate: { burst: 40, perSecond: 1 },
  serverHashRate: { burst: 60, perSecond: 12 },
  triedAddresses: 10_000,
  knocksPerAddress: 3,
  admittedMs: 2 * 60_000,
  declinedMs: 30_000,
  declinedAgainMs: 5 * 60_000,
  turnedAway: 256,
  formerHosts: 64,

  users: 10_000,
  ringMs: 45_000,
  claims: 100_000,
  claimLifetimeMs: 30 * 24 * 60 * 60_000,
  challengeMs: 30_000,

  appointments: 10_000,
  appointmentInUseMs: 60 * 60_000,
  appointmentUnusedMs: 90 * 24 * 60 * 60_000,
  storedSize: 256 * 1024 * 1024,
  storedSizeInMemory: 32 * 1024 * 1024,
  storeFileBytes: 1024 * 1024 * 1024,
  storedChats: 2000,
  storedChatsSize: 512 * 1024,
  callLog: 100_000,
  callLogMs: 90 * 24 * 60 * 60_000,
  pruneMs: 10 * 60_000,

  clusterWaitingPackets: 256,
  clusterConnections: 20_000,

  pingIntervalMs: 4000,
  pingTimeoutMs: 4000,
  connectTimeoutMs: 5000,
  queuedPackets: 1000,
  queuedSize: 1024 * 1024,

  streamResumeMs: 30_000,
  streamEvents: 256,
  streamSize: 256 * 1024,
  streamQueuedSize: 128 * 1024,
  streamBeatMs: 15_000,
  requireSessionTokens: false,

  clusterHeartbeatMs: 500,
  clusterExpiryMs: 3000,
  clusterSettleMs: 2500,
  clusterAckMs: 100,
  clusterUnreadSize: 16 * 1024 * 1024,
  clusterBatchSize: 64 * 1024,
  clusterBatchesRead: 32,
  clusterUnreadMs: 60_000,
  clusterRetryMs: 1000,
  clusterFormerProcesses: 1000,
  clusterSweepMs: 60_000,
  clusterHeldOutputs: 10_000,
  clusterFlushMs: 1000,

  clusterExchanges: 10_000,
  clusterNoticeMs: 1500,
  clusterNotices: 1000,

  headersTimeoutMs: 5000,
  requestTimeoutMs: 10_000,
  checkConnectionsMs: 1000,
  headerBytes: 8192,
  storeFaultMs: 30_000,
  stoppingMs: 100,
  dialectsClosingMs: 400,
  closingMs: 900,
}
