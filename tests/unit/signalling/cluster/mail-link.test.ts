import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readBatch } from '#signalling/cluster/mail-batch.ts'
import { MailLink } from '#signalling/cluster/mail-link.ts'
import { defaultServerLimits } from '#signalling/server-limits.ts'

const limits = { ...defaultServerLimits, clusterUnreadSize: 60, clusterBatchSize: 8 }

/** One end of a link: the stream that it reads, all that it heard, and what it posted since it last heard `gone`. */
class End {
  readonly link: MailLink
  readonly stream: string[] = []
  readonly heard: (number | 'gone')[] = []
  readonly #others: () => End
  #posted: number[] = []
  #next = 1
  #epoch = 0
  failures = 0
  isReady = true
  mustFlush = false

  constructor(others: () => End) {
    this.#others = others
    this.link = new MailLink({
      limits,
      nextEpoch: () => (this.#epoch += 1),
      isReady: () => this.isReady,
      send: (batch) => this.#send(batch),
      deliver: (message) => this.heard.push(message as number),
      broken: () => {
        this.heard.push('gone')
        this.#posted = []
      },
      flushSoon: () => (this.mustFlush = true),
      flushLater: () => (this.mustFlush = true),
    })
  }

  get posted(): readonly number[] {
    return this.#posted
  }

  get heardLately(): readonly (number | 'gone')[] {
    return this.heard.slice(this.heard.lastIndexOf('gone') + 1)
  }

  post(count: number): void {
    for (let posted = 0; posted < count; posted += 1) {
      this.#posted.push(this.#next)
      this.link.post(String(this.#next))
      this.#next += 1
    }
  }

  flush(): void {
    if (!this.mustFlush) return
    this.mustFlush = false
    this.link.flush()
  }

  read(count: number): void {
    for (const text of this.stream.splice(0, count)) this.link.receive(readBatch(text)!, text.length)
  }

  #send(batch: string): void {
    if (this.failures === 0) {
      this.#others().stream.push(batch)
      return
    }
    this.failures -= 1
    this.link.pause()
  }
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('post' as const), side: fc.boolean(), count: fc.nat(6) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('read' as const), side: fc.boolean(), count: fc.nat(4) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('flush' as const), side: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('break', 'gone', 'away', 'back'), side: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fail' as const), side: fc.boolean(), count: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('empty', 'twice'), side: fc.boolean() }) },
)

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

const back = (end: End): void => {
  end.isReady = true
  end.link.resend()
}

const take = (action: Step, end: End, other: End): void => {
  if (action.kind === 'post') end.post(action.count)
  if (action.kind === 'read') end.read(action.count)
  if (action.kind === 'flush') end.flush()
  if (action.kind === 'break') end.link.breakSoon('overflow')
  if (action.kind === 'gone') end.link.breakForGone()
  if (action.kind === 'away') end.isReady = false
  if (action.kind === 'back') back(end)
  if (action.kind === 'fail') end.failures = action.count
  if (action.kind === 'twice') end.stream.unshift(...end.stream.slice(0, 2))
  if (action.kind === 'empty') {
    for (const each of [end, other]) each.stream.length = 0
    for (const each of [end, other]) back(each)
  }
}

const comeToRest = (ends: readonly End[]): number => {
  let rounds = 0
  for (const end of ends) end.failures = 0
  for (const end of ends) back(end)
  while (ends.some((end) => end.mustFlush || end.stream.length > 0)) {
    for (const end of ends) {
      end.flush()
      end.read(Infinity)
    }
    rounds += 1
    if (rounds > 50) throw new Error('they never come to rest')
  }
  return rounds
}

/** That once went wrong: breaks that cross each other, and one of which the other side had no way to know. */
const crossing: Step[] = [
  { kind: 'empty', side: false },
  { kind: 'break', side: false },
  { kind: 'flush', side: false },
  { kind: 'gone', side: false },
  { kind: 'read', side: false, count: 1 },
]
const unheard: Step[] = [
  { kind: 'post', side: false, count: 1 },
  { kind: 'flush', side: false },
  { kind: 'read', side: true, count: 1 },
  { kind: 'gone', side: true },
]

test('whatever is lost, comes twice or breaks: in the end each side has heard all that was posted since it broke', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const a: End = new End(() => b)
      const b: End = new End(() => a)
      for (const action of steps) take(action, action.side ? a : b, action.side ? b : a)
      comeToRest([a, b])
      expect(b.heardLately).toEqual(a.posted)
      expect(a.heardLately).toEqual(b.posted)
      for (const { heard } of [a, b]) {
        const messages = heard.filter((each) => each !== 'gone')
        expect(messages).toEqual([...new Set(messages)].sort((one, two) => one - two))
      }
    }),
    { numRuns: 5000, examples: [[crossing], [unheard]] },
  )
})

test('as long as nothing breaks, losses alone cost nothing', () => {
  const mild = step.filter(({ kind }) => !['break', 'gone', 'fail'].includes(kind))
  fc.assert(
    fc.property(fc.array(mild, { maxLength: 30 }), (steps) => {
      const a: End = new End(() => b)
      const b: End = new End(() => a)
      for (const action of steps) {
        take(action, action.side ? a : b, action.side ? b : a)
        if (action.kind === 'post') comeToRest([a, b])
      }
      comeToRest([a, b])
      for (const { heard } of [a, b]) expect(heard).not.toContain('gone')
    }),
    { numRuns: 1000 },
  )
})
