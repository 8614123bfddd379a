import type { FoundHost, HostKeys, PinnedHost, WantedHost } from '#electron/ipc.ts'

/** The server inside this app, while it runs. */
export interface OwnServer {
  /** For this page, for example `http://127.0.0.1:8001`. */
  readonly url: string
  /** For the others. */
  readonly host: PinnedHost
}

/** What a call may do with the computer that it runs on; there is none in a browser. */
export interface OwnComputer {
  /** Whether the person lets it go on with a meeting. */
  readonly mayInherit: () => boolean
  readonly keys: () => Promise<HostKeys | null>
  /** Answers the running server, started now if there is none; null when it can not be. */
  readonly startServer: () => Promise<OwnServer | null>
  /** Ends one that `startServer` has started. */
  readonly stopServer: () => Promise<void>
  readonly findHost: (wanted: WantedHost) => Promise<FoundHost>
}
