import { SvelteSet } from 'svelte/reactivity'
import type { CallProblem } from '../../call/call-state.ts'
import type { Texts } from '../../texts/texts.ts'

type Decided = { readonly ok: true } | { readonly ok: false; readonly code: CallProblem }

/** What somebody asks of the room as a host: nothing twice while it is on its way, and why the last one was refused. */
export class Decisions {
  readonly #texts: Pick<Texts, 'callProblems'>
  readonly #pending = new SvelteSet<string>()
  #problem: string | null

  constructor(texts: Pick<Texts, 'callProblems'>) {
    this.#texts = texts
    this.#problem = $state(null)
  }

  /** In sentences; null after something was done. */
  get problem(): string | null {
    return this.#problem
  }

  isPending(what: string): boolean {
    return this.#pending.has(what)
  }

  forgetProblem(): void {
    this.#problem = null
  }

  /** Answers whether all of it was done. `what` names it: a press while it is on its way asks for nothing. */
  async ask(what: string, ...requests: readonly (() => Promise<Decided>)[]): Promise<boolean> {
    if (this.#pending.has(what)) return false
    this.#pending.add(what)
    this.#problem = null
    try {
      const decided = await Promise.all(requests.map((request) => request()))
      const refused = decided.find((each) => !each.ok)
      if (refused) this.#problem = this.#sentencesOf(refused.code)
      return refused === undefined
    } finally {
      this.#pending.delete(what)
    }
  }

  #sentencesOf(code: CallProblem): string {
    const { what, next } = this.#texts.callProblems[code]
    return `${what} ${next}`
  }
}
