import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { defaultSettings, parseSettingsFile, SettingsChange, type Migration } from '#electron/settings-schema.ts'

describe('parseSettingsFile', () => {
  test('gives a first start the defaults', () => {
    expect(parseSettingsFile('{}')).toEqual({
      version: 1,
      settings: defaultSettings,
      sealedTokens: [],
      windowPlace: null,
    })
  })

  test('keeps what is there, fills what is missing, lets go what it does not know', () => {
    const text = JSON.stringify({ settings: { name: 'Ada', wings: 2 }, tail: 1 })
    expect(parseSettingsFile(text)).toEqual({
      version: 1,
      settings: { ...defaultSettings, name: 'Ada' },
      sealedTokens: [],
      windowPlace: null,
    })
  })

  test('brings a file from before there were access tokens up with none', () => {
    const { accessTokens: _, ...before } = defaultSettings
    expect(parseSettingsFile(JSON.stringify({ version: 0, settings: before })).settings).toEqual(defaultSettings)
  })

  test('brings a file from before meetings were announced up with the defaults', () => {
    const { announce: _, relayOnly: __, ...before } = defaultSettings
    const { settings } = parseSettingsFile(JSON.stringify({ version: 0, settings: before }))
    expect(settings).toMatchObject({ announce: 'unnamed', relayOnly: false })
  })

  test('brings a file from before meetings outlived their hosts up with going on', () => {
    const { mayInherit: _, ...before } = defaultSettings
    expect(parseSettingsFile(JSON.stringify({ version: 1, settings: before })).settings.mayInherit).toBe(true)
    const no = { ...before, mayInherit: false }
    expect(parseSettingsFile(JSON.stringify({ version: 1, settings: no })).settings.mayInherit).toBe(false)
  })

  test('gives recent meetings of a former file no invitation, and leaves those of a present one theirs', () => {
    const former = { code: 'k7mq2xvd9thr', serverUrl: '', title: 'Stand-up', at: 1 }
    const present = { ...former, link: 'https://192.168.1.20:8001/r/k7mq2xvd9thr#AQ' }
    const read = (recent: readonly object[], version?: number) =>
      parseSettingsFile(JSON.stringify({ version, settings: { recent } })).settings.recent
    expect(read([former, present])).toEqual([{ ...former, link: '' }, present])
    expect(read([present], 1)).toEqual([present])
    expect(() => read([former], 1)).toThrow('link')
  })

  test.each([
    ['no JSON', '{'],
    ['an array', '[]'],
    ['null', 'null'],
    ['a string', '"settings"'],
    ['a port below 1024', '{ "settings": { "hostPort": 1023 } }'],
    ['a theme that does not exist', '{ "settings": { "theme": "blue" } }'],
    ['a list of another type', '{ "settings": { "recent": "all" } }'],
    ['meetings that are none', '{ "settings": { "recent": ["one", null] } }'],
    ['settings of another type', '{ "settings": "all" }'],
    ['neither yes nor no', '{ "settings": { "mayInherit": 1 } }'],
    ['a way to announce that does not exist', '{ "settings": { "announce": "loudly" } }'],
    ['a window without end', '{ "windowPlace": { "x": 0, "y": 0, "width": 1e9, "height": 10, "isMaximised": false } }'],
    ['an encrypted token for no origin', '{ "sealedTokens": [{ "origin": "x", "sealed": "AAAA" }] }'],
    ['an encrypted token that is no Base64', '{ "sealedTokens": [{ "origin": "https://x", "sealed": "?" }] }'],
    ['an encrypted token of nothing', '{ "sealedTokens": [{ "origin": "https://x", "sealed": "" }] }'],
    ['a version that is no number of steps', '{ "version": -1 }'],
  ])('throws at %s', (_, text) => {
    expect(() => parseSettingsFile(text)).toThrow()
  })

  test('takes the longest token that a change may hold, encrypted', () => {
    const { origin, token } = { origin: `https://${'x'.repeat(504)}`, token: '\u0001'.repeat(512) }
    const sealed = Buffer.from(JSON.stringify({ origin, token }) + 'tag and vector'.repeat(10)).toString('base64')
    const file = { sealedTokens: [{ origin: 'https://x', sealed }] }
    expect(parseSettingsFile(JSON.stringify(file)).sealedTokens).toEqual(file.sealedTokens)
  })

  const renameNick: Migration = ({ nick, ...rest }) => ({ ...rest, settings: { name: nick } })
  const shout: Migration = (file) => ({
    ...file,
    settings: { name: `${(file['settings'] as { name: string }).name}!` },
  })

  test('brings an old file through every step it has not behind it, before it is parsed', () => {
    const parsed = parseSettingsFile('{ "nick": "Ada" }', [renameNick, shout])
    expect(parsed).toMatchObject({ version: 2, settings: { name: 'Ada!' } })
  })

  test('repeats no step', () => {
    const parsed = parseSettingsFile('{ "version": 1, "settings": { "name": "Ada" } }', [renameNick, shout])
    expect(parsed).toMatchObject({ version: 2, settings: { name: 'Ada!' } })
  })

  test('leaves a file of a newer version its number', () => {
    expect(parseSettingsFile('{ "version": 7 }', [shout])).toMatchObject({ version: 7 })
  })
})

describe('SettingsChange', () => {
  test('takes each field alone, and drops those given as undefined', () => {
    expect(v.parse(SettingsChange, { name: 'Ada', theme: undefined })).toEqual({ name: 'Ada' })
    expect(v.parse(SettingsChange, {})).toEqual({})
  })

  test('takes http and https servers, and none', () => {
    for (const serverUrl of ['', 'http://192.168.1.20:8001', 'https://meet.example.org/']) {
      expect(v.is(SettingsChange, { serverUrl })).toBe(true)
    }
    for (const serverUrl of ['meet.example.org', 'ws://x', 'javascript:alert(1)', 'https://u:p@x', 'https://', ' ']) {
      expect(v.is(SettingsChange, { serverUrl })).toBe(false)
    }
  })

  test('takes access tokens for http and https origins, and nothing else', () => {
    const holds = (origin: string, token = 'secret') => v.is(SettingsChange, { accessTokens: [{ origin, token }] })
    expect(holds('http://192.168.1.20:8001')).toBe(true)
    expect(holds('https://meet.example.org', 'a'.repeat(512))).toBe(true)
    for (const origin of ['', 'null', 'https://x/', 'https://x/r/1', 'https://u:p@x', 'ws://x', 'file:///', 'https:'])
      expect(holds(origin), origin).toBe(false)
    for (const token of ['', 'a'.repeat(513)]) expect(holds('https://x', token)).toBe(false)
    const one = { origin: 'https://x', token: 'secret' }
    expect(v.is(SettingsChange, { accessTokens: [{ ...one, extra: 1 }] })).toBe(false)
    expect(v.is(SettingsChange, { accessTokens: Array.from({ length: 13 }, () => one) })).toBe(false)
  })

  test('holds the limits of the contract at their edges', () => {
    expect(v.is(SettingsChange, { name: 'a'.repeat(64), hostPort: 1024 })).toBe(true)
    expect(v.is(SettingsChange, { name: 'a'.repeat(65) })).toBe(false)
    expect(v.is(SettingsChange, { hostPort: 65_536 })).toBe(false)
    expect(v.is(SettingsChange, { cameraId: 'a'.repeat(513) })).toBe(false)
    const recent = { code: 'a', serverUrl: '', title: '', at: 1 }
    expect(v.is(SettingsChange, { recent: [{ ...recent, link: 'a'.repeat(2048) }] })).toBe(true)
    expect(v.is(SettingsChange, { recent: [{ ...recent, link: 'a'.repeat(2049) }] })).toBe(false)
    expect(v.is(SettingsChange, { recent: [recent] })).toBe(false)
    expect(v.is(SettingsChange, [])).toBe(false)
  })
})
