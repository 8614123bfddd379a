import type { DocumentInfo, DocumentKind, RoomDocument } from '#signalling/protocol.ts'
import { problemOf } from '../../call/green-room.ts'
import type { CallProblem } from '../../call/call-state.ts'
import type { CallControls } from '../../state/call.svelte.ts'

export type Reading =
  | { readonly phase: 'loading' }
  | { readonly phase: 'read'; readonly document: RoomDocument }
  | { readonly phase: 'failed'; readonly problem: CallProblem }

/** Changes with each change of a document. */
const versionOf = ({ kind, at, size }: DocumentInfo): string => `${kind} ${String(at)} ${String(size)}`

/** Fetches the text of the document that is looked at. The former text stays until the new one is there. */
export class DocumentReader {
  readonly #read: CallControls['readDocument']
  #reading: Reading
  #version = ''
  #kind: DocumentKind | null = null

  constructor(read: CallControls['readDocument']) {
    this.#read = read
    this.#reading = $state.raw({ phase: 'loading' })
  }

  get reading(): Reading {
    return this.#reading
  }

  /** Does nothing for what is there, or on its way, already; `again` tries once more. */
  async open(info: DocumentInfo, { again = false } = {}): Promise<void> {
    const version = versionOf(info)
    if (version === this.#version && !again) return
    const isOther = info.kind !== this.#kind
    this.#version = version
    this.#kind = info.kind
    if (isOther || again) this.#reading = { phase: 'loading' }
    const answer = await this.#read(info.kind)
    if (version !== this.#version) return
    this.#reading = answer.ok
      ? { phase: 'read', document: answer.value }
      : { phase: 'failed', problem: problemOf(answer.code) }
  }
}
