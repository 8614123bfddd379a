/** Stand-in of `utilityProcess`: a real child process, whose `process.parentPort` comes from utility-process-shim.ts. */
import { fork, type ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { fileURLToPath } from 'node:url'
import type Electron from 'electron'
import { strict } from './electron-stand-in-base.ts'

const shim = new URL('utility-process-shim.ts', import.meta.url).href

type UtilityPieces = Pick<Electron.UtilityProcess, 'kill' | 'postMessage' | 'pid' | 'stdout' | 'stderr'>

export class UtilityProcessStandIn extends EventEmitter implements UtilityPieces {
  readonly child: ChildProcess
  readonly modulePath: string
  readonly environment: NodeJS.ProcessEnv
  /** What it was sent, oldest first. */
  readonly messages: unknown[] = []

  constructor(modulePath: string, args: readonly string[], options: Electron.ForkOptions) {
    super()
    this.modulePath = modulePath
    this.environment = (options.env as NodeJS.ProcessEnv | undefined) ?? process.env
    this.child = fork(modulePath, args, {
      // Electron's helper needs no Node on the path; this one is this very Node.
      execPath: process.execPath,
      execArgv: ['--import', shim],
      env: this.environment,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced',
    })
    this.child.once('spawn', () => this.emit('spawn'))
    this.child.on('message', (message: { data: unknown }) => this.emit('message', message.data))
    // Electron tells the signal as a code.
    this.child.once('exit', (code, signal) => this.emit('exit', code ?? (signal === 'SIGKILL' ? 9 : 15)))
  }

  get pid(): number | undefined {
    return this.child.exitCode === null && this.child.signalCode === null ? this.child.pid : undefined
  }
  get stdout(): NodeJS.ReadableStream | null {
    return this.child.stdout
  }
  get stderr(): NodeJS.ReadableStream | null {
    return this.child.stderr
  }
  kill(): boolean {
    return this.child.kill('SIGTERM')
  }
  postMessage(data: unknown): void {
    this.messages.push(data)
    if (this.child.connected) this.child.send({ data })
  }
}

/** `demandReady` throws while the app is not ready; `processes` gets each that was started. */
export const createUtilityProcess = (demandReady: () => void, processes: UtilityProcessStandIn[]) =>
  strict<typeof Electron.utilityProcess>('utilityProcess', {
    fork: (modulePath: string, args: string[] = [], options: Electron.ForkOptions = {}) => {
      demandReady()
      const path = modulePath.startsWith('file:') ? fileURLToPath(modulePath) : modulePath
      const made = new UtilityProcessStandIn(path, args, options)
      processes.push(made)
      return strict<Electron.UtilityProcess>('UtilityProcess', made)
    },
  })
