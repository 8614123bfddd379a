import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { Problem } from './problem.mjs'

export type Command = readonly [program: string, ...args: string[]]

/** The Node that runs this, as the first word of a command. */
export const node = process.execPath

/** Exit code of a process that ended by a signal, as shells count it. */
const codeOf = (code: number | null, signal: NodeJS.Signals | null): number =>
  code ?? 128 + (signal ? constants.signals[signal] : 0)

/** Resolves with the exit code; 127 when the program could not be started. */
export const exitOf = async (child: ChildProcess): Promise<number> => {
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
    return codeOf(code, signal)
  } catch {
    return 127
  }
}

/**
 * Hands SIGTERM and SIGHUP on to a child for as long as it runs. Ctrl+C reaches it by itself (same terminal); this
 * process only must not die of it before the child has ended.
 */
export const shareSignals = (child: ChildProcess): void => {
  const handOn = (signal: NodeJS.Signals) => {
    if (signal !== 'SIGINT') child.kill(signal)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, handOn)
  child.once('exit', () => {
    for (const signal of signals) process.off(signal, handOn)
  })
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** Runs a command in this terminal and resolves with its exit code. */
export const run = async ([program, ...args]: Command, { env }: RunOptions = {}): Promise<number> => {
  const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...env } })
  shareSignals(child)
  return await exitOf(child)
}

export interface Outcome {
  readonly code: number
  /** Standard output and error as they came. */
  readonly output: string
}

/** Runs a command behind the scenes, at most for `limitMs`; then it is stopped and counts as failed. */
export const capture = async (
  [program, ...args]: Command,
  { env, limitMs }: RunOptions & { readonly limitMs: number },
): Promise<Outcome> => {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    timeout: limitMs,
  })
  shareSignals(child)
  const chunks: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  const code = await exitOf(child)
  const cut =
    child.signalCode === 'SIGTERM' ? `\nstopped: it ran for more than ${String(limitMs / 60_000)} minutes` : ''
  return { code, output: Buffer.concat(chunks).toString() + cut }
}

/**
 * Runs a script's `main` and ends the process with the code it answers. A `Problem` is shown as its one sentence;
 * anything else as one too, with the details under EARSHOT_DEBUG=1.
 */
export const runMain = async (main: () => Promise<number>): Promise<void> => {
  try {
    process.exitCode = await main()
  } catch (error) {
    process.exitCode = 1
    console.error(sentenceFor(error))
    if (process.env['EARSHOT_DEBUG'] === '1') console.error(error)
  }
}

const sentenceFor = (error: unknown): string => {
  if (error instanceof Problem) return error.message
  const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
  return `Something went wrong: ${reason} (EARSHOT_DEBUG=1 shows where.)`
}
