import { createHash } from 'node:crypto'
import { ErrorReply } from '@redis/client'
import * as v from 'valibot'
import { limits as wire } from '#signalling/protocol.ts'
import type { ServerLimits } from '../server-limits.ts'
import type { PlaceKey, ProcessId } from './cluster.ts'
import type { KeptTexts } from './kept.ts'
import { PREFIX, type RedisLink } from './redis.ts'
import { FIND, RELEASE, VERIFY, WRITE } from './scripts-lua.ts'

/** What is asked for when it is nothing that is at home here, in the words of the script. */
export type Question =
  | readonly ['room', address: string, code: string, mode: 'find' | 'open']
  | readonly ['token', code: string, name: string]
  | readonly ['place', key: PlaceKey]

export type Answer =
  | { readonly is: 'nowhere' }
  | { readonly is: 'gone' }
  | { readonly is: 'there'; readonly key: PlaceKey; readonly process: ProcessId }
  | { readonly is: 'ours'; readonly key: PlaceKey; readonly texts: KeptTexts }

/** One of `act` in the script, with what it takes. */
export type Operation =
  | readonly ['renew' | 'nobook' | 'release', '', '']
  | readonly ['close', code: string, '']
  | readonly ['room', code: string, record: string]
  | readonly ['post', id: string, message: string]
  | readonly ['book', field: string, text: string]
  | readonly ['unbook', field: string, '']
  | readonly ['claim', userId: string, claim: string]
  | readonly ['unclaim', userId: string, '']

/** By their numbers in the script. */
const verdicts = ['homeless', 'ours', 'lost'] as const
export type Verdict = (typeof verdicts)[number]

const Texts = v.array(v.string())
const FindReply = v.union([
  v.tuple([v.picklist(['stalled', 'nowhere', 'gone'])]),
  v.tuple([v.literal('there'), v.string(), v.string()]),
  v.tuple([v.literal('ours'), v.string(), v.string(), Texts, Texts, Texts, v.picklist([0, 1])]),
])
const WriteReply = v.picklist([0, 1])
const VerifyReply = v.array(v.picklist([0, 1, 2]))

interface Script {
  readonly text: string
  readonly sha: string
}
const prepare = (text: string): Script => ({ text, sha: createHash('sha1').update(text).digest('hex') })
const [find, write, verify, release] = [prepare(FIND), prepare(WRITE), prepare(VERIFY), prepare(RELEASE)]

const DAY_MS = 24 * 60 * 60_000
const isUnknown = (error: unknown): boolean => error instanceof ErrorReply && error.message.startsWith('NOSCRIPT')

type Lifetimes = Pick<ServerLimits, 'tokenLifetimeMs' | 'appointmentUnusedMs' | 'claimLifetimeMs'>

/** The scripts as functions. All reject when Redis is away or refuses; they may have been carried out nevertheless. */
export class Scripts {
  readonly #link: RedisLink
  readonly #processId: ProcessId
  readonly #life: string
  readonly #lives: readonly string[]

  constructor(link: RedisLink, processId: ProcessId, limits: Lifetimes) {
    this.#link = link
    this.#processId = processId
    this.#life = String(Math.min(limits.tokenLifetimeMs, DAY_MS))
    const others = [limits.appointmentUnusedMs, limits.tokenLifetimeMs, limits.claimLifetimeMs]
    this.#lives = [this.#life, ...others.map(String)]
  }

  /** Finds a home, and takes the place when it has none that lives. */
  async find(question: Question): Promise<Answer> {
    const reply = v.parse(FindReply, await this.#run(find, [this.#processId, this.#life, ...question]))
    if (reply[0] === 'stalled') throw new Error('this process is taken for dead')
    if (reply[0] === 'ours') {
      const [, key, record, chat, book, claims, gone] = reply
      return { is: 'ours', key, texts: { record, chat, book, claims, isCodeGone: gone === 1 } }
    }
    return reply[0] === 'there' ? { is: 'there', key: reply[1], process: reply[2] } : { is: reply[0] }
  }

  /** Answers false when another process is home; nothing was written then. */
  async write(key: PlaceKey, operations: readonly Operation[]): Promise<boolean> {
    const head = [this.#processId, key, ...this.#lives, String(wire.chatHistory)]
    return v.parse(WriteReply, await this.#run(write, [...head, ...operations.flat()])) === 1
  }

  /** `places`: key, and the code of the room there or an empty text. One verdict for each; what has no home is taken again. */
  async verify(places: readonly (readonly [PlaceKey, string])[]): Promise<Verdict[]> {
    const reply = v.parse(VerifyReply, await this.#run(verify, [this.#processId, this.#life, ...places.flat()]))
    return reply.map((verdict) => verdicts[verdict])
  }

  /** Of those that are ours. */
  async release(keys: readonly PlaceKey[]): Promise<void> {
    await this.#run(release, [this.#processId, ...keys])
  }

  /** Another one after each start of Redis, and at another Redis. */
  async serverRun(): Promise<string> {
    return /^run_id:(\w+)/m.exec(await this.#link.commands.info('server'))?.[1] ?? ''
  }

  async #run({ text, sha }: Script, given: readonly string[]): Promise<unknown> {
    const { commands } = this.#link
    const options = { keys: [PREFIX], arguments: [...given] }
    try {
      return await commands.evalSha(sha, options)
    } catch (error) {
      if (!isUnknown(error)) throw error
      return await commands.eval(text, options)
    }
  }
}
