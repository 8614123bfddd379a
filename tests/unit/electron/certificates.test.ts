import 'reflect-metadata'
import { createHash, createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { X509Certificate as Parsed } from '@peculiar/x509'
import { expect, onTestFinished, test } from 'vitest'
import { HostCertificates, type HostCertificatesOptions } from '#electron/certificates.ts'
import type { HostAddress } from '#electron/ipc.ts'
import { SystemKeychain } from '#electron/keychain.ts'
import type { Log } from '#electron/log.ts'
import {
  createKeychain,
  createSafeStorage,
  type KeychainOptions,
} from '#tests/helpers/electron-stand-in-safe-storage.ts'

const DAY_MS = 24 * 60 * 60_000
const system = createKeychain()
const noKeychain: KeychainOptions = { key: null }

const makeFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'earshot-identity-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** One start of the app; `lines` gets what it logs. */
const startIn = (folder: string, options: Partial<HostCertificatesOptions> & { keychainOf?: KeychainOptions } = {}) => {
  const lines: string[] = []
  const log: Log = {
    error: (line) => void lines.push(`error ${line}`),
    warn: (line) => void lines.push(`warn ${line}`),
    info: () => undefined,
    scoped: () => log,
  }
  const safeStorage = createSafeStorage(options.keychainOf ?? system, () => true)
  const silent: Log = { error: () => undefined, warn: () => undefined, info: () => undefined, scoped: () => silent }
  const keychain = new SystemKeychain({ safeStorage, platform: 'linux', log: silent })
  return { certificates: new HostCertificates({ folder, keychain, log, machineName: 'Desk.local', ...options }), lines }
}

const at = (...addresses: readonly string[]): HostAddress[] =>
  addresses.map((address) => ({
    card: 'wlan0',
    family: address.includes(':') ? 'IPv6' : 'IPv4',
    address,
    isVirtual: false,
  }))

const identify = async (folder: string, addresses: readonly string[] = [], options = {}) => {
  const { certificates, lines } = startIn(folder, options)
  const found = await certificates.identityFor(at(...addresses))
  return { ...found, x509: new X509Certificate(found.certificate), lines }
}

const storedKey = async (folder: string) =>
  JSON.parse(await readFile(join(folder, 'host-key.json'), 'utf8')) as { key?: string; sealed?: string }

test('the certificate is for a server, under the names and addresses of now, and signed by its own key', async () => {
  const { x509, key, certificate } = await identify(await makeFolder(), ['192.168.1.20', 'fd00::20'])
  expect(x509.subject).toBe('CN=Earshot')
  expect(x509.issuer).toBe('CN=Earshot')
  expect(x509.subjectAltName?.split(', ')).toEqual([
    'DNS:localhost',
    'DNS:desk.local',
    'IP Address:192.168.1.20',
    'IP Address:FD00:0:0:0:0:0:0:20',
  ])
  expect(x509.ca).toBe(false)
  expect(x509.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
  expect(x509.publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' })
  expect(x509.verify(x509.publicKey)).toBe(true)
  expect(x509.checkPrivateKey(createPrivateKey(key))).toBe(true)
  const extensions = new Parsed(certificate).extensions.map(({ type, critical }) => [type, critical])
  expect(extensions).toEqual([
    ['2.5.29.19', true],
    ['2.5.29.15', true],
    ['2.5.29.37', false],
    ['2.5.29.17', false],
  ])
})

test('its key may sign and nothing else', async () => {
  const { certificate } = await identify(await makeFolder())
  const usage = new Parsed(certificate).getExtension('2.5.29.15')
  // BIT STRING of one byte, 7 bits of it unused: digitalSignature alone (RFC 5280, section 4.2.1.3).
  expect(Buffer.from(usage!.value).toString('hex')).toBe('03020780')
})

test('it is good from a day ago, for a year altogether', async () => {
  const now = Date.UTC(2027, 2, 1, 12)
  const { x509 } = await identify(await makeFolder(), [], { now: () => now })
  expect(Date.parse(x509.validFrom)).toBe(now - DAY_MS)
  expect(Date.parse(x509.validTo)).toBe(now + 364 * DAY_MS)
})

test('its number is positive, long, and another one each time', async () => {
  const folders = await Promise.all([makeFolder(), makeFolder(), makeFolder()])
  const numbers = await Promise.all(folders.map(async (folder) => (await identify(folder)).x509.serialNumber))
  for (const number of numbers) expect(number).toMatch(/^[4-7][\dA-F]{31}$/)
  expect(new Set(numbers).size).toBe(3)
})

test('pin and fingerprint are those of the key and of the certificate', async () => {
  const { identity, x509 } = await identify(await makeFolder())
  const digest = (bytes: Buffer) => createHash('sha256').update(bytes)
  expect(identity.pin).toBe(digest(x509.publicKey.export({ type: 'spki', format: 'der' })).digest('base64url'))
  expect(identity.pin).toHaveLength(43)
  const hex = digest(x509.raw).digest('hex').toUpperCase()
  expect(identity.fingerprint).toBe(hex.match(/../g)!.join(':'))
})

test('a later start has the same key and the same certificate', async () => {
  const folder = await makeFolder()
  const first = await identify(folder, ['192.168.1.20'])
  const second = await identify(folder, ['192.168.1.20'])
  expect([second.key, second.certificate, second.identity]).toEqual([first.key, first.certificate, first.identity])
  expect([...first.lines, ...second.lines]).toEqual([])
})

test('the pin is told without a certificate, and is that of the certificate made later', async () => {
  const folder = await makeFolder()
  const { certificates, lines } = startIn(folder)
  const [pin, again] = await Promise.all([certificates.pin(), certificates.pin()])
  expect(again).toBe(pin)
  expect(await readdir(folder)).toEqual(['host-key.json'])
  expect((await certificates.identityFor(at('192.168.1.20'))).identity.pin).toBe(pin)
  expect(await startIn(folder).certificates.pin()).toBe(pin)
  expect(lines).toEqual([])
})

test('the pin and a certificate asked for at once are of one key', async () => {
  const { certificates } = startIn(await makeFolder())
  const [pin, { identity }] = await Promise.all([certificates.pin(), certificates.identityFor([])])
  expect(pin).toBe(identity.pin)
})

test('a new address makes a new certificate for the addresses of now, under the same pin', async () => {
  const folder = await makeFolder()
  const { certificates } = startIn(folder)
  const first = await certificates.identityFor(at('192.168.1.20'))
  const moved = await certificates.identityFor(at('10.0.0.7'))
  expect(moved.identity.pin).toBe(first.identity.pin)
  expect(moved.identity.fingerprint).not.toBe(first.identity.fingerprint)
  expect(moved.key).toBe(first.key)
  const x509 = new X509Certificate(moved.certificate)
  expect([x509.checkIP('10.0.0.7'), x509.checkIP('192.168.1.20')]).toEqual(['10.0.0.7', undefined])
  expect((await identify(folder, ['10.0.0.7'])).certificate).toBe(moved.certificate)
})

test('an address less, or in another order, changes nothing', async () => {
  const { certificates } = startIn(await makeFolder())
  const first = await certificates.identityFor(at('192.168.1.20', 'fd00::20'))
  for (const addresses of [at('fd00::20', '192.168.1.20'), at('fd00:0:0::20'), []])
    expect((await certificates.identityFor(addresses)).certificate).toBe(first.certificate)
})

test('another name of the computer makes a new certificate', async () => {
  const folder = await makeFolder()
  const first = await identify(folder)
  const renamed = await identify(folder, [], { machineName: 'Sofa' })
  expect(renamed.x509.subjectAltName).toBe('DNS:localhost, DNS:sofa, DNS:sofa.local')
  expect(renamed.identity.pin).toBe(first.identity.pin)
})

test.each(['', 'Ann’s computer', '-', 'a b', 'a'.repeat(254)])(
  'a name that can stand in no certificate is left out: %s',
  async (machineName) => {
    const { x509 } = await identify(await makeFolder(), ['192.168.1.20', 'fe80::1%eth0'], { machineName })
    expect(x509.subjectAltName).toBe('DNS:localhost, IP Address:192.168.1.20')
  },
)

test('it is made anew with less than 30 days left, and when the clock was set back before it', async () => {
  const folder = await makeFolder()
  const start = Date.UTC(2027, 0, 1)
  const { certificate } = await identify(folder, [], { now: () => start })
  const later = async (days: number) =>
    (await identify(folder, [], { now: () => start + days * DAY_MS })).certificate === certificate
  expect(await later(334)).toBe(true)
  expect(await later(335)).toBe(false)
  expect(await later(-2)).toBe(false)
})

test('a computer with a hundred addresses gets a certificate for the best of them', async () => {
  const many = Array.from({ length: 100 }, (_, index) => `10.0.0.${String(index + 1)}`)
  const folder = await makeFolder()
  const { x509, certificate } = await identify(folder, many)
  expect([x509.checkIP('10.0.0.64'), x509.checkIP('10.0.0.65')]).toEqual(['10.0.0.64', undefined])
  expect((await identify(folder, many)).certificate).toBe(certificate)
})

test('asked for twice at once, one key is made', async () => {
  const { certificates } = startIn(await makeFolder())
  const [first, second] = await Promise.all([
    certificates.identityFor(at('192.168.1.20')),
    certificates.identityFor(at('10.0.0.7')),
  ])
  expect(second.identity.pin).toBe(first.identity.pin)
})

test('the keychain seals the key, and only this person can read the files', async () => {
  const folder = await makeFolder()
  await identify(folder)
  const { key, sealed } = await storedKey(folder)
  expect(key).toBeUndefined()
  expect(Buffer.from(sealed!, 'base64').toString('latin1')).not.toContain('PRIVATE')
  const files = await readdir(folder)
  expect(files.sort()).toEqual(['host-certificate.pem', 'host-key.json'])
  for (const file of files) expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600)
})

test('without a keychain the key is kept in plain text, and sealed as soon as there is one', async () => {
  const folder = await makeFolder()
  const plain = await identify(folder, [], { keychainOf: noKeychain })
  expect((await storedKey(folder)).key).toBe(plain.key)
  expect((await stat(join(folder, 'host-key.json'))).mode & 0o777).toBe(0o600)
  const sealed = await identify(folder)
  expect(sealed.identity).toEqual(plain.identity)
  expect(Object.keys(await storedKey(folder))).toEqual(['sealed'])
})

test('a key that was sealed under a former key of the keychain is sealed anew', async () => {
  const folder = await makeFolder()
  const first = await identify(folder)
  const { sealed } = await storedKey(folder)
  expect((await identify(folder, [], { keychainOf: { ...system, isRotated: true } })).key).toBe(first.key)
  expect((await storedKey(folder)).sealed).not.toBe(sealed)
})

test.each<[string, KeychainOptions]>([
  ['locked', { ...system, isLocked: true }],
  ['locked', noKeychain],
  ['lost', createKeychain()],
])(
  'a key that is %s gives way to a new one; the former file stays aside, and the log says so',
  async (word, keychainOf) => {
    const folder = await makeFolder()
    const first = await identify(folder)
    const { sealed } = await storedKey(folder)
    const second = await identify(folder, [], { keychainOf })
    expect(second.identity.pin).not.toBe(first.identity.pin)
    expect(second.x509.checkPrivateKey(createPrivateKey(second.key))).toBe(true)
    expect(second.lines).toEqual([
      `warn A new key for this computer: the keychain says that it is ${word}; kept as host-key.corrupt-1.json, and invitations made before now lead to "another computer"`,
    ])
    expect(JSON.parse(await readFile(join(folder, 'host-key.corrupt-1.json'), 'utf8'))).toEqual({ sealed })
    expect((await identify(folder, [], { keychainOf })).identity).toEqual(second.identity)
  },
)

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' })
const otherCurve = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
})

test.each([
  ['empty', ''],
  ['no JSON', 'no JSON'],
  ['a list', '[]'],
  ['no PEM', '{"key":"no PEM"}'],
  ['a number', '{"key":1}'],
  ['both kinds', '{"sealed":"","key":""}'],
  ['another kind of key', JSON.stringify({ key: rsa })],
  ['a key on another curve', JSON.stringify({ key: otherCurve })],
  ['too long', `{"key":"${'a'.repeat(20_000)}"}`],
])('a damaged key file is put aside and a new key made: %s', async (_, text) => {
  const folder = await makeFolder()
  const first = await identify(folder)
  await writeFile(join(folder, 'host-key.json'), text)
  const second = await identify(folder)
  expect(second.identity.pin).not.toBe(first.identity.pin)
  expect(second.lines).toHaveLength(1)
  expect(await readFile(join(folder, 'host-key.corrupt-1.json'), 'utf8')).toBe(text)
  expect((await identify(folder)).identity).toEqual(second.identity)
})

test('nothing of a key gets into the log, however its file is damaged', async () => {
  const folder = await makeFolder()
  const { key } = await identify(folder, [], { keychainOf: noKeychain })
  const whole = await readFile(join(folder, 'host-key.json'), 'utf8')
  const secret = key.split('\n')[1]!
  for (const text of [
    whole.slice(0, -20),
    whole.slice(0, 60),
    whole.slice(40),
    whole.replace(secret, secret.slice(9)),
  ]) {
    await writeFile(join(folder, 'host-key.json'), text)
    const { lines } = await identify(folder, [], { keychainOf: noKeychain })
    expect(lines).toHaveLength(1)
    for (let start = 0; start < secret.length - 8; start += 1)
      expect(lines[0]).not.toContain(secret.slice(start, start + 8))
  }
})

test('a damaged certificate, or one of another key, is made anew under the same pin', async () => {
  const folder = await makeFolder()
  const first = await identify(folder)
  const { certificate: foreign } = await identify(await makeFolder())
  for (const text of ['', 'no PEM', foreign, 'a'.repeat(100_000)]) {
    await writeFile(join(folder, 'host-certificate.pem'), text)
    const again = await identify(folder)
    expect(again.identity.pin).toBe(first.identity.pin)
    expect(again.certificate).not.toBe(foreign)
    expect(again.x509.checkPrivateKey(createPrivateKey(again.key))).toBe(true)
  }
})

test('where nothing can be written, one key is good until the app ends, and the log says so', async () => {
  const folder = await makeFolder()
  const blocked = join(folder, 'file')
  await writeFile(blocked, '')
  const { certificates, lines } = startIn(join(blocked, 'inside'))
  const first = await certificates.identityFor(at('192.168.1.20'))
  const second = await certificates.identityFor(at('192.168.1.20'))
  expect(second).toEqual(first)
  expect(lines.some((line) => line.includes('good until the app ends'))).toBe(true)
})

test('a folder in the place of the key keeps nobody from hosting', async () => {
  const folder = await makeFolder()
  await mkdir(join(folder, 'host-key.json'))
  const { identity, lines } = await identify(folder)
  expect(identity.pin).toHaveLength(43)
  expect(lines).toHaveLength(2)
  expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([])
})

test('the folder is made when it is missing', async () => {
  const folder = join(await makeFolder(), 'one', 'two')
  const first = await identify(folder)
  expect((await identify(folder)).identity).toEqual(first.identity)
})
