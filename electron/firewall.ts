import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { win32 } from 'node:path'
import type { ReachReport } from './ipc.ts'

type Firewall = ReachReport['firewall']

/** A tool that answers later than this is as good as silent. */
const TIMEOUT_MS = 3000

export interface FirewallQuestion {
  readonly platform: NodeJS.Platform
  /** The program that listens, and where. */
  readonly program: string
  readonly port: number
  /** Standard output of a tool of the system, whatever its exit code; null when it did not run or did not end. */
  readonly run: (file: string, args: readonly string[]) => Promise<string | null>
  /** Null when this person may not read it, or it is not there. */
  readonly readText: (path: string) => Promise<string | null>
}

const runTool: FirewallQuestion['run'] = (file, args) =>
  new Promise((resolve) => {
    const options = { timeout: TIMEOUT_MS, windowsHide: true, maxBuffer: 1024 * 1024 }
    execFile(file, args, options, (error, stdout) => {
      // A number is the exit code of a tool that has answered; anything else says why there is no answer.
      resolve(error === null || typeof error.code === 'number' ? stdout : null)
    })
  })

const readTextFile: FirewallQuestion['readText'] = (path) => readFile(path, 'utf8').catch(() => null)

// --- Windows --------------------------------------------------------------------------------------------------------

const RULES = String.raw`HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\FirewallRules`

/** IANA, protocol numbers. */
const TCP = '6'
const UDP = '17'

interface WindowsProfile {
  readonly name: string
  readonly isOn: boolean
  /** `AllowInbound`, `BlockInbound`, or `BlockInboundAlways`, which no rule opens. */
  readonly inbound: string
}

/** Reads `netsh advfirewall show currentprofile`; empty when it speaks another language than English. */
const parseProfiles = (output: string): readonly WindowsProfile[] =>
  output
    .split(/^(?=(?:Domain|Private|Public) Profile Settings:)/m)
    .map((section) => ({
      name: /^(\w+) Profile Settings:/.exec(section)?.[1],
      state: /^State\s+(ON|OFF)\s*$/m.exec(section)?.[1],
      inbound: /^Firewall Policy\s+(\w+),\w+\s*$/m.exec(section)?.[1],
    }))
    .flatMap(({ name, state, inbound }) =>
      name === undefined || state === undefined || inbound === undefined
        ? []
        : [{ name, isOn: state === 'ON', inbound }],
    )

interface WindowsRule {
  readonly isAllowing: boolean
  /** Empty: all. */
  readonly protocols: readonly string[]
  /** Empty: all. */
  readonly profiles: readonly string[]
}

/** Reads the rules for incoming connections of one program from `reg query`: `v2.31|Action=Allow|Active=TRUE|…`. */
const parseRules = (output: string, { program, port }: FirewallQuestion): readonly WindowsRule[] =>
  output.split(/\r?\n/).flatMap((line) => {
    const fields = /\sREG_SZ\s+v[\d.]+\|(.*)$/.exec(line)?.[1]?.split('|') ?? []
    const all = (key: string) =>
      fields.filter((field) => field.startsWith(`${key}=`)).map((field) => field.slice(key.length + 1))
    const isOnly = (key: string, value: string) => all(key).every((each) => each.toLowerCase() === value.toLowerCase())
    const isOurs = all('App').length > 0 && isOnly('App', program) && isOnly('Dir', 'In') && isOnly('Active', 'TRUE')
    if (!isOurs || !isOnly('LPort', String(port))) return []
    return [{ isAllowing: isOnly('Action', 'Allow'), protocols: all('Protocol'), profiles: all('Profile') }]
  })

const isMeant = (value: string, values: readonly string[]): boolean => values.length === 0 || values.includes(value)

const judgeProtocol = (protocol: string, inbound: string, rules: readonly WindowsRule[]): 'lets-through' | 'blocks' => {
  const valid = rules.filter(({ protocols }) => isMeant(protocol, protocols))
  if (valid.some(({ isAllowing }) => !isAllowing)) return 'blocks'
  return valid.length > 0 || inbound === 'AllowInbound' ? 'lets-through' : 'blocks'
}

/**
 * People come in by TCP; UDP on the same port is for the relay, which takes TCP as well. So it keeps nobody out when it is the
 * UDP that is blocked, and what comes of it is not known.
 */
const judgeProfile = ({ name, isOn, inbound }: WindowsProfile, rules: readonly WindowsRule[]): Firewall => {
  if (!isOn) return 'off'
  if (inbound === 'BlockInboundAlways') return 'blocks'
  const valid = rules.filter(({ profiles }) => isMeant(name, profiles))
  const [tcp, udp] = [judgeProtocol(TCP, inbound, valid), judgeProtocol(UDP, inbound, valid)]
  return tcp === 'lets-through' && udp === 'blocks' ? 'unknown' : tcp
}

const readOnWindows = async (question: FirewallQuestion): Promise<Firewall> => {
  const system = win32.join(process.env['SystemRoot'] ?? String.raw`C:\Windows`, 'System32')
  const [state, rules] = await Promise.all([
    question.run(win32.join(system, 'netsh.exe'), ['advfirewall', 'show', 'currentprofile']),
    question.run(win32.join(system, 'reg.exe'), ['query', RULES, '/f', win32.basename(question.program), '/d']),
  ])
  const profiles = parseProfiles(state ?? '')
  if (profiles.length === 0 || rules === null) return 'unknown'
  const [first = 'unknown', ...others] = profiles.map((profile) => judgeProfile(profile, parseRules(rules, question)))
  return others.every((each) => each === first) ? first : 'unknown'
}

// --- macOS ----------------------------------------------------------------------------------------------------------

const SOCKET_FILTER = '/usr/libexec/ApplicationFirewall/socketfilterfw'

const readOnMac = async ({ program, run }: FirewallQuestion): Promise<Firewall> => {
  const state = /\(State = ([012])\)/.exec((await run(SOCKET_FILTER, ['--getglobalstate'])) ?? '')?.[1]
  if (state === undefined) return 'unknown'
  if (state !== '1') return state === '0' ? 'off' : 'blocks'
  const bundle = /^(.*?\.app)(?:\/|$)/.exec(program)?.[1]
  const listed = (await run(SOCKET_FILTER, ['--listapps'])) ?? ''
  const answers = [...listed.matchAll(/^\s*\d+\s*:\s*(.+?)\s*\n\s*\(\s*(Allow|Block) incoming connections\s*\)/gm)]
    // The server may be known by the helper inside of the bundle.
    .filter(([, path = '']) => bundle !== undefined && (path === bundle || path.startsWith(`${bundle}/`)))
    .map(([, , answer]) => answer)
  // Not listed: what is signed may be let through without a question.
  if (answers.length === 0) return 'unknown'
  return answers.includes('Block') ? 'blocks' : 'lets-through'
}

// --- Linux ----------------------------------------------------------------------------------------------------------

const SERVICES = ['firewalld', 'nftables', 'iptables', 'ip6tables']
const IDLE = new Set(['inactive', 'failed', 'unknown'])

/** Which ports are open, only root may read. */
const readOnLinux = async ({ run, readText }: FirewallQuestion): Promise<Firewall> => {
  if (/^ENABLED=yes\s*$/m.test((await readText('/etc/ufw/ufw.conf')) ?? '')) {
    const isOpen = /^DEFAULT_INPUT_POLICY="?ACCEPT"?\s*$/m.test((await readText('/etc/default/ufw')) ?? '')
    return isOpen ? 'lets-through' : 'unknown'
  }
  const states = ((await run('systemctl', ['is-active', ...SERVICES])) ?? '').trim().split('\n')
  return states.length === SERVICES.length && states.every((state) => IDLE.has(state)) ? 'off' : 'unknown'
}

/**
 * Finds out, by reading only and without the administrator's password, what the system's firewall does with a server of
 * this program. `unknown` rather than a guess. Takes some seconds.
 */
export const readFirewall = async (
  port: number,
  seams: Partial<Omit<FirewallQuestion, 'port'>> = {},
): Promise<Firewall> => {
  const usual = { platform: process.platform, program: process.execPath, run: runTool, readText: readTextFile }
  const question = { ...usual, ...seams, port }
  if (question.platform === 'win32') return readOnWindows(question)
  if (question.platform === 'darwin') return readOnMac(question)
  return question.platform === 'linux' ? readOnLinux(question) : 'unknown'
}
