import { EventEmitter } from 'node:events'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { findLink, LinkInbox, parseLink, registerLinks, takeOpenedLinks } from '#electron/deep-links.ts'
import type { Log } from '#electron/log.ts'

const link = 'earshot://192.168.1.20:8001/r/k7mq2xvd9thr#AQNsZWdpdA'

describe('parseLink', () => {
  test.each([
    [link, link],
    ['EARSHOT://192.168.1.20:8001/r/x', 'earshot://192.168.1.20:8001/r/x'],
    ['earshot://[fd00::1]:8001/r/x#AQ', 'earshot://[fd00::1]:8001/r/x#AQ'],
    ['earshot://meet.example/r/Ada%27s%20room', 'earshot://meet.example/r/Ada%27s%20room'],
  ])('takes %s', (text, wanted) => expect(parseLink(text)).toBe(wanted))

  test.each([
    ['another scheme', 'https://192.168.1.20:8001/r/x'],
    ['a scheme that only begins like it', 'earshot-x://192.168.1.20/r/x'],
    ['no host', 'earshot:///r/x'],
    ['no slashes', 'earshot:192.168.1.20'],
    ['a user name', 'earshot://ada@192.168.1.20:8001/r/x'],
    ['a password', 'earshot://ada:secret@192.168.1.20:8001/r/x'],
    ['a space', 'earshot://192.168.1.20:8001/r/x --inspect'],
    ['a quotation mark', 'earshot://192.168.1.20:8001/r/x" --no-sandbox "'],
    ['a line break', 'earshot://192.168.1.20:8001/r/x\nearshot://y'],
    ['a null character', 'earshot://192.168.1.20:8001/r/\0'],
    ['a letter that looks like another', 'earshot://192.168.1.20:8001/r/х'],
    ['a port that does not exist', 'earshot://192.168.1.20:99999/r/x'],
    ['too much', `earshot://192.168.1.20:8001/r/x#${'A'.repeat(2048)}`],
    ['far too much', `earshot://${'a'.repeat(1_000_000)}`],
    ['nothing', ''],
    ['the scheme alone', 'earshot://'],
  ])('refuses %s', (_, text) => expect(parseLink(text)).toBeNull())
})

describe('findLink', () => {
  test('finds the link wherever it stands on the command line', () => {
    expect(findLink(['/opt/Earshot/earshot', link])).toBe(link)
    expect(findLink(['earshot.exe', link, '--original-process-start-time=1', '--allow-file-access'])).toBe(link)
    expect(findLink(['electron', 'main.js', '--profile=bob', link])).toBe(link)
  })

  test.each([
    ['there is none', ['earshot', '--inspect', 'https://example.org']],
    ['the last argument is something else that looks important', ['earshot', 'file:///etc/passwd']],
    ['there are two', ['earshot', link, link]],
    ['it is the value of a switch', ['earshot', `--app=${link}`]],
    ['it is malformed', ['earshot', 'earshot://a b']],
    ['a malformed one hides a good one', ['earshot', 'earshot://', link]],
    ['the command line is empty', []],
  ])('finds none when %s', (_, argv) => expect(findLink(argv)).toBeNull())
})

test('what macOS opens is taken when it is a link, and nothing else', () => {
  const app = new EventEmitter()
  const links: string[] = []
  takeOpenedLinks(app as never, (opened) => links.push(opened))
  let prevented = 0
  for (const url of [link, 'https://example.org', 'earshot://a b'])
    app.emit('open-url', { preventDefault: () => (prevented += 1) }, url)
  expect({ links, prevented }).toEqual({ links: [link], prevented: 3 })
})

describe('LinkInbox', () => {
  const setUp = () => {
    const got: string[] = []
    return { inbox: new LinkInbox(), got, listen: (each: string) => void got.push(each) }
  }

  test('keeps the newest link until the page listens', () => {
    const { inbox, got, listen } = setUp()
    inbox.put('one')
    inbox.put('two')
    inbox.open(listen)
    expect(got).toEqual(['two'])
  })

  test('hands out at once what comes later', () => {
    const { inbox, got, listen } = setUp()
    inbox.open(listen)
    inbox.put('one')
    inbox.put('two')
    expect(got).toEqual(['one', 'two'])
  })

  test('gives a page that starts over nothing twice, and what came meanwhile', () => {
    const { inbox, got, listen } = setUp()
    inbox.put('one')
    inbox.open(listen)
    inbox.close()
    inbox.open(listen)
    expect(got).toEqual(['one'])
    inbox.close()
    inbox.put('two')
    expect(got).toEqual(['one'])
    inbox.open(listen)
    expect(got).toEqual(['one', 'two'])
  })
})

describe('registerLinks', () => {
  const platform = process.platform
  afterEach(() => void Object.defineProperty(process, 'platform', { value: platform }))
  const silent: Log = { error: () => undefined, warn: () => undefined, info: () => undefined, scoped: () => silent }
  const register = (on: NodeJS.Platform, isPackaged: boolean, answer = true) => {
    Object.defineProperty(process, 'platform', { value: on })
    const setAsDefaultProtocolClient = vi.fn(() => answer)
    const warn = vi.fn()
    registerLinks({ isPackaged, setAsDefaultProtocolClient }, { ...silent, warn })
    return { calls: setAsDefaultProtocolClient.mock.calls, warnings: warn.mock.calls.length }
  }

  test.each(['win32', 'darwin', 'linux'] as const)('the packaged app on %s is what opens links', (on) => {
    expect(register(on, true)).toEqual({ calls: [['earshot']], warnings: 0 })
  })

  test('a run from the sources on Windows says with which script', () => {
    const { calls } = register('win32', false)
    expect(calls).toEqual([['earshot', process.execPath, [expect.stringMatching(/^([A-Z]:)?[/\\]/i)]]])
  })

  test.each(['darwin', 'linux'] as const)('a run from the sources on %s leaves the system as it is', (on) => {
    expect(register(on, false)).toEqual({ calls: [], warnings: 0 })
  })

  test('a system that refuses is logged', () => expect(register('linux', true, false).warnings).toBe(1))
})
