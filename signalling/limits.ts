/** Every bound of the wire; part of the contract, protocol.ts hands it on. */
import { reportLimits } from './link-report.ts'
import { successionLimits } from './succession-limits.ts'

/** Every bound of the wire, in one place. Sizes are in UTF-16 units unless the name says otherwise. */
export const limits = {
  /** A frame above this closes the connection (Socket.IO `maxHttpBufferSize`). */
  frameBytes: 64 * 1024,
  /** A Chromium offer with sound, picture and data is 5.5 kB; 500 m-lines do not fit in here. */
  sdp: 32 * 1024,
  candidate: 1024,
  candidatesPerSignal: 32,
  name: 64,
  title: 80,
  /** Names that other systems give to rooms: appointments, numbered rooms, sessions. */
  roomName: 64,
  chatText: 2000,
  chatHistory: 200,
  /** The text of one document. Set over HTTP, so that `frameBytes` does not bound it. */
  documentText: 100_000,
  /** Mesh: every person sends to every other, so a room of 16 is 15 uploads each (design.md, section 1). */
  roomCapacity: 16,
  /** Holds the longest title, name and room name in three-byte letters: 1,100 characters. */
  resumeToken: 1280,
  accessToken: 512,
  password: 128,
  /** Who waits in front of one room to be admitted; who comes later is told to wait. */
  knocks: 20,
  ...reportLimits,
  ...successionLimits,
} as const
