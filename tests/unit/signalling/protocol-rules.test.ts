import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { errorCodes, limits } from '#signalling/protocol.ts'
import { defaultServerLimits } from '#signalling/server-limits.ts'
import { requests } from '#signalling/transports/requests.ts'

const root = join(import.meta.dirname, '../../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

const document = read('docs/PROTOCOL.md')
const rules = Array.from(document.matchAll(/^- \*\*([A-Z]\d+)\*\* /gm), ([, id]) => id)
const testFiles = globSync('tests/{unit/signalling,integration}/**/*.test.ts', { cwd: root })
const tested = new Set(
  testFiles.flatMap((path) => Array.from(read(path).matchAll(/['"`]\[([A-Z]\d+)\] /g), ([, id]) => id)),
)

test('each rule has one number of its own', () => {
  expect(rules.length).toBeGreaterThan(50)
  expect(new Set(rules).size).toBe(rules.length)
})

test('each rule of the protocol has a test', () => {
  expect(rules.filter((id) => !tested.has(id))).toEqual([])
})

test('each test of a rule names one that exists', () => {
  expect([...tested].filter((id) => !rules.includes(id))).toEqual([])
})

test('each request and each error code is in the document', () => {
  expect([...requests.keys(), ...errorCodes].filter((name) => !document.includes(`\`${name}\``))).toEqual([])
})

test.each([
  ['R3', defaultServerLimits.outboxSignals, defaultServerLimits.outboxSize],
  ['L6', defaultServerLimits.awayMs / 1000],
  ['J2', defaultServerLimits.emptyRoomMs / 60_000],
  ['J11', defaultServerLimits.rooms, defaultServerLimits.watchersPerRoom],
  ['R9', defaultServerLimits.tokenLifetimeMs / 3_600_000],
  ['M3', limits.chatHistory],
  ['G4', defaultServerLimits.passwordRate.burst, 1 / defaultServerLimits.passwordRate.perSecond],
  ['G4', defaultServerLimits.roomPasswordRate.burst],
  ['G5', defaultServerLimits.hashRate.burst, defaultServerLimits.hashRate.perSecond],
  ['G5', defaultServerLimits.serverHashRate.burst, defaultServerLimits.serverHashRate.perSecond],
  ['G8', defaultServerLimits.missRate.burst, 1 / defaultServerLimits.missRate.perSecond],
  ['G11', defaultServerLimits.awayMs / 1000],
  ['K2', defaultServerLimits.admittedMs / 60_000],
  ['K3', defaultServerLimits.declinedMs / 1000, defaultServerLimits.declinedAgainMs / 60_000],
  ['K5', limits.knocks, defaultServerLimits.knocksPerAddress],
  [
    'C8',
    defaultServerLimits.pingIntervalMs / 1000,
    (defaultServerLimits.pingIntervalMs + defaultServerLimits.pingTimeoutMs) / 1000,
  ],
  ['C9', defaultServerLimits.connectTimeoutMs / 1000],
  ['P3', defaultServerLimits.clusterExpiryMs / 1000],
  ['B1', limits.frameBytes],
  [
    'B2',
    defaultServerLimits.signalRate.burst,
    defaultServerLimits.signalRate.perSecond,
    defaultServerLimits.chatRate.burst,
  ],
  ['B3', defaultServerLimits.penaltyMs / 1000],
  [
    'B4',
    defaultServerLimits.connectionsPerAddress,
    defaultServerLimits.connectRate.burst,
    defaultServerLimits.connections,
  ],
  ['B5', defaultServerLimits.queuedPackets, defaultServerLimits.queuedSize],
  ['B8', defaultServerLimits.watcherSignalRate.burst, defaultServerLimits.watcherSignalRate.perSecond],
  ['E3', limits.estate],
  ['E8', limits.willSteps],
  ['E10', limits.messageTime],
  ['E11', defaultServerLimits.mergeRate.burst, defaultServerLimits.mergeRate.perSecond],
  ['D5', limits.documentText],
  [
    'D6',
    defaultServerLimits.appointmentUnusedMs / (24 * 3_600_000),
    defaultServerLimits.appointments,
    defaultServerLimits.storedSize / 1024 ** 2,
  ],
  ['H14', defaultServerLimits.headersTimeoutMs / 1000],
  ['B6', defaultServerLimits.headersTimeoutMs / 1000, defaultServerLimits.requestTimeoutMs / 1000],
])('rule %s says the numbers that the server has', (id, ...numbers) => {
  const [text = ''] = new RegExp(`^- \\*\\*${id}\\*\\* [^]*?(?=\\n- |\\n\\n|\\n$(?![^]))`, 'm').exec(document) ?? []
  const said = Array.from(text.replace(/(?<=\d),(?=\d{3})/g, '').matchAll(/\d+/g), ([digits]) => Number(digits))
  for (const number of numbers) expect(said).toContain(number)
})
