import type { DocumentInfo, DocumentKind, RoomCode, RoomDocument } from '#signalling/protocol.ts'

/** What is known of rooms by their names, also while nobody is in them. Never throws: what can not be read is not there. */
export interface RoomBooks {
  /** A room of this name is wanted; answers null when the name means nothing. `code` is the one it went by, or empty. */
  readonly open: (name: string) => { readonly title: string; readonly code: RoomCode } | null
  /** The room of this name goes by this code now. */
  readonly opened: (name: string, code: RoomCode) => void
  /** One of each kind at most. */
  readonly documents: (name: string) => readonly DocumentInfo[]
  readonly document: (name: string, kind: DocumentKind) => RoomDocument | null
}

/** Of a server that keeps nothing. */
export const noBooks: RoomBooks = {
  open: () => null,
  opened: () => undefined,
  documents: () => [],
  document: () => null,
}
