import { describe, expect, onTestFinished, test } from 'vitest'
import type { NearbyMeeting } from '#electron/ipc.ts'
import { formatInvitation } from '#renderer/call/invitation.ts'
import { CallView } from '#renderer/state/call.svelte.ts'
import { HostView } from '#renderer/state/host.svelte.ts'
import { Meetings } from '#renderer/state/meetings.svelte.ts'
import { SettingsView } from '#renderer/state/settings.svelte.ts'
import { en } from '#renderer/texts/en.ts'
import { CallDouble, code, DesktopDouble, greenRoomState, identity, joinedState } from '../ui/doubles.ts'

const open = (
  pageServerUrl: string | null = null,
  { isHosting = false, desktop = new DesktopDouble(), keyHeldOf = '' } = {},
) => {
  const call = new CallDouble()
  if (isHosting) desktop.host = desktop.hostAfterStart
  const [wentTo, said]: [string[], string[]] = [[], []]
  const meetings = new Meetings({
    call: new CallView(call),
    host: new HostView(desktop, desktop.host),
    settings: new SettingsView(desktop, desktop.settings),
    desktop,
    texts: en,
    pageServerUrl,
    goTo: (url) => wentTo.push(url),
    holdsHostKey: (asked) => asked === keyHeldOf,
    say: (sentence) => said.push(sentence),
  })
  onTestFinished(() => meetings.close())
  return { desktop, call, meetings, wentTo, said }
}

const secret = 'secretsecretsecretsecA'
/** Of another computer. */
const pinned = { pin: 'another-computer'.padEnd(42, '-') + 'A', addresses: ['192.168.1.77:8001', '10.0.0.5:8001'] }
const invitation = { serverUrl: 'https://192.168.1.77:8001', code, secret, host: pinned }
const link = formatInvitation(invitation)
const nearbyMeeting: NearbyMeeting = {
  ...{ id: 'n1', code, title: 'Tea', name: 'Ben' },
  ...{ isGuarded: false, former: [], ...pinned },
}

test('a browser hosts on the server of its page and starts none', async () => {
  const { desktop, call, meetings } = open('https://meet.example')
  await meetings.host()
  expect(call.asked).toEqual([['host', 'https://meet.example', { title: 'Ann’s meeting' }]])
  expect(desktop.asked).toEqual([])
})

test('a start that was cancelled makes no meeting, even when the server answers late', async () => {
  const { desktop, call, meetings } = open()
  let answer: (() => void) | undefined
  desktop.startHost = () =>
    new Promise((resolve) => {
      answer = () => resolve(desktop.hostAfterStart)
    })
  const hosting = meetings.host()
  expect(meetings.isStartingHost).toBe(true)
  meetings.cancel()
  expect(meetings.isStartingHost).toBe(false)
  answer?.()
  await hosting
  expect(call.asked).toEqual([])
  expect(desktop.asked).toEqual([['stopHost']])
})

test('trying again repeats what was tried last', async () => {
  const { call, meetings } = open()
  meetings.open('http://192.168.1.20:8001', code)
  meetings.tryAgain()
  expect(call.asked).toEqual([
    ['open', 'http://192.168.1.20:8001', code, null],
    ['open', 'http://192.168.1.20:8001', code, null],
  ])
  await meetings.host()
  meetings.tryAgain()
  await expect.poll(() => call.asked.slice(2).map(([verb]) => verb)).toEqual(['host', 'host'])
})

test('an access token is kept for the server that asked, and what was tried is tried again', async () => {
  const { desktop, call, meetings } = open('https://meet.example')
  await meetings.host()
  await meetings.showAccessToken('https://meet.example', 'a-token')
  expect(desktop.settings.accessTokens).toEqual([{ origin: 'https://meet.example', token: 'a-token' }])
  await expect.poll(() => call.asked.map(([verb]) => verb)).toEqual(['host', 'host'])
})

test('an access token that cannot be kept is not tried with', async () => {
  const { desktop, call, meetings } = open('https://meet.example')
  await meetings.host()
  desktop.changeSettings = () => Promise.reject(new Error('refused'))
  await expect(meetings.showAccessToken('https://meet.example', 'a-token')).rejects.toThrow('refused')
  expect(call.asked).toHaveLength(1)
})

test('a meeting that was made is opened again, not made twice', async () => {
  const { call, meetings } = open('https://meet.example')
  call.host = () => {
    call.set(greenRoomState({ secret }))
    return Promise.resolve()
  }
  await meetings.host()
  meetings.tryAgain()
  expect(call.asked).toEqual([['open', 'https://meet.example', code, secret]])
})

test('a meeting that this window made is its own after a reload, too', () => {
  const { meetings } = open(null, { keyHeldOf: code })
  expect(meetings.isHostOf(code)).toBe(true)
  expect(meetings.isHostOf('3h9xkd71qmtv')).toBe(false)
})

test('only the meeting that this window made is its own', async () => {
  const { call, meetings } = open()
  call.host = () => {
    call.set(greenRoomState())
    return Promise.resolve()
  }
  expect(meetings.isHostOf(code)).toBe(false)
  await meetings.host()
  expect(meetings.isHostOf(code)).toBe(true)
  expect(meetings.isHostOf('3h9xkd71qmtv')).toBe(false)
})

describe('an invitation that pins its host', () => {
  test('is opened where that is found, with its secret, and once more the same way', () => {
    const { call, meetings } = open()
    expect(meetings.join(link)).toBeNull()
    meetings.tryAgain()
    const asked = ['open', 'https://192.168.1.77:8001', code, secret, pinned]
    expect(call.asked).toEqual([asked, asked])
  })

  test('to this very computer leads to the server inside the app', () => {
    const { call, meetings } = open(null, { isHosting: true })
    meetings.join(formatInvitation({ ...invitation, host: { ...pinned, pin: identity.pin } }))
    expect(call.asked).toEqual([['open', 'http://127.0.0.1:8001', code, secret]])
  })

  test('in a browser opens the page of that host, unless this is it', () => {
    const elsewhere = open('https://meet.example')
    elsewhere.meetings.join(link)
    expect(elsewhere.wentTo).toEqual([link])
    expect(elsewhere.call.asked).toEqual([])
    const there = open('https://10.0.0.5:8001')
    there.meetings.join(link)
    expect(there.wentTo).toEqual([])
    expect(there.call.asked).toEqual([['open', 'https://10.0.0.5:8001', code, secret]])
  })

  test('is passed on by whoever came by it', () => {
    const { meetings } = open()
    meetings.join(link)
    const there = { serverUrl: 'https://10.0.0.5:8001', secret }
    expect(meetings.invitationLink(greenRoomState(there))).toBe(link)
    expect(meetings.linkToRemember(joinedState(there))).toBe(link)
  })

  test('that is a recent one is opened as it was, and passed on after a reload, too', async () => {
    const recent = { code, serverUrl: 'https://192.168.1.99:8001', title: 'Tea', at: 1, link }
    const { call, meetings } = open(null, { desktop: new DesktopDouble({ recent: [recent] }) })
    expect(meetings.invitationLink(joinedState({ serverUrl: recent.serverUrl, secret }))).toBe(link)
    meetings.reopen(recent)
    await expect.poll(() => call.asked).toEqual([['open', 'https://192.168.1.77:8001', code, secret, pinned]])
  })

  test('is remembered, and passed on, as the one to the computer that hosts now', () => {
    const { meetings } = open()
    meetings.join(link)
    const next = { pin: 'next-host'.padEnd(42, '-') + 'A', addresses: ['192.168.1.30:8001'] }
    const hosting = { phase: 'other', host: next, name: 'Ben' } as const
    const moved = joinedState({ serverUrl: 'https://192.168.1.30:8001', secret, hosting })
    const nextLink = formatInvitation({ ...invitation, host: next })
    expect([meetings.invitationLink(moved), meetings.linkToRemember(moved)]).toEqual([nextLink, nextLink])
    const back = joinedState({ serverUrl: 'https://192.168.1.77:8001', secret })
    expect([meetings.invitationLink(back), meetings.linkToRemember(back)]).toEqual([link, link])
  })

  test('that is broken leads nowhere', () => {
    const { call, meetings } = open()
    expect(meetings.join(link.slice(0, -4))).toBe('not-understood')
    expect(call.asked).toEqual([])
  })
})

describe('a recent meeting', () => {
  test('that was hosted here starts the server again and keeps its secret', async () => {
    const { call, desktop, meetings } = open(null, { isHosting: true })
    const state = joinedState({ secret })
    const kept = meetings.linkToRemember(state)
    expect(desktop.asked).toEqual([])
    meetings.reopen({ code, serverUrl: 'http://127.0.0.1:9999', title: '', at: 1, link: kept })
    await expect.poll(() => call.asked).toEqual([['open', 'http://127.0.0.1:8001', code, secret]])
    expect(desktop.asked).toEqual([['startHost']])
  })

  test('without an invitation keeps none', () => {
    const { call, meetings } = open()
    expect(meetings.linkToRemember(joinedState({ serverUrl: 'https://meet.example' }))).toBe('')
    meetings.reopen({ code, serverUrl: 'https://meet.example', title: '', at: 1, link: '' })
    expect(call.asked).toEqual([['open', 'https://meet.example', code, null]])
  })
})

describe('meetings nearby', () => {
  test('are looked for while somebody looks, own ones left out', async () => {
    const { desktop, meetings } = open(null, { isHosting: true })
    const own = { ...nearbyMeeting, id: 'n2', pin: identity.pin }
    desktop.nearby = [nearbyMeeting, own]
    const stops = [meetings.watchNearby(), meetings.watchNearby()]
    await expect.poll(() => meetings.nearby).toEqual([nearbyMeeting])
    desktop.tell('nearbyChanged', [])
    expect(meetings.nearby).toEqual([])
    desktop.tell('nearbyChanged', [nearbyMeeting])
    for (const stop of stops) stop()
    expect(meetings.nearby).toEqual([])
    desktop.tell('nearbyChanged', [nearbyMeeting])
    expect(meetings.nearby).toEqual([])
    expect(desktop.asked).toEqual([
      ['watchNearby', true],
      ['watchNearby', false],
    ])
  })

  test('are not looked for by a browser', () => {
    const { desktop, meetings } = open('https://meet.example')
    meetings.watchNearby()()
    expect(desktop.asked).toEqual([])
  })

  test('are joined without a secret, at the computer that announces them', () => {
    const { call, meetings } = open()
    meetings.joinNearby(nearbyMeeting)
    expect(call.asked).toEqual([['open', 'https://192.168.1.77:8001', code, null, pinned]])
  })

  test('are found by their code, or code and address; not when two computers claim to have it', async () => {
    const { desktop, call, meetings } = open()
    desktop.nearby = [nearbyMeeting]
    onTestFinished(meetings.watchNearby())
    await expect.poll(() => meetings.nearby).toHaveLength(1)
    meetings.join('K7MQ-2XVD-9THR')
    meetings.join('192.168.1.77:8001 k7mq-2xvd-9thr')
    const found = ['open', 'https://192.168.1.77:8001', code, null, pinned]
    expect(call.asked).toEqual([found, found])
    meetings.join('192.168.1.5:8001 k7mq-2xvd-9thr')
    expect(call.asked.at(-1)).toMatchObject(['open', 'http://192.168.1.5:8001', 'k7mq-2xvd-9thr', null, { pin: null }])
    desktop.tell('nearbyChanged', [nearbyMeeting, { ...nearbyMeeting, id: 'n3', pin: 'x'.repeat(43) }])
    expect(meetings.join('k7mq-2xvd-9thr')).toBe('code-needs-address')
  })

  test('of which one claims to go on in the place of the other lead to that other, so that the claim is looked into', async () => {
    const { desktop, call, meetings } = open()
    const heir = {
      ...nearbyMeeting,
      id: 'n2',
      pin: 'x'.repeat(43),
      addresses: ['192.168.1.30:8001'],
      former: [pinned.pin],
    }
    desktop.nearby = [heir, nearbyMeeting]
    onTestFinished(meetings.watchNearby())
    await expect.poll(() => meetings.nearby).toHaveLength(2)
    meetings.join('k7mq-2xvd-9thr')
    expect(call.asked).toEqual([['open', 'https://192.168.1.77:8001', code, null, pinned]])
    desktop.tell('nearbyChanged', [heir, { ...nearbyMeeting, former: [heir.pin] }])
    expect(meetings.join('k7mq-2xvd-9thr')).toBe('code-needs-address')
  })
})

test('a typed address on this network is asked for its key first, one elsewhere has a certificate that others vouch for', () => {
  const { call, meetings } = open()
  meetings.join('192.168.1.5:8001 k7mq-2xvd-9thr')
  meetings.join('https://meet.example.org/r/k7mq2xvd9thr')
  expect(call.asked).toEqual([
    ['open', 'http://192.168.1.5:8001', 'k7mq-2xvd-9thr', null, { pin: null, addresses: ['192.168.1.5:8001'] }],
    ['open', 'https://meet.example.org', 'k7mq2xvd9thr', null],
  ])
})

describe('an invitation that the system opens', () => {
  test('is asked about first, and followed when it is accepted', () => {
    const { desktop, call, meetings } = open()
    desktop.tell('invitationOpened', link.replace('https', 'earshot'))
    expect(meetings.asked).toMatchObject({ code, secret, host: pinned })
    expect(call.asked).toEqual([])
    meetings.acceptAsked()
    expect(meetings.asked).toBeNull()
    expect(call.asked).toEqual([['open', 'https://192.168.1.77:8001', code, secret, pinned]])
  })

  test('declined, leads nowhere', () => {
    const { desktop, call, meetings } = open()
    desktop.tell('invitationOpened', link)
    meetings.declineAsked()
    meetings.acceptAsked()
    expect(meetings.asked).toBeNull()
    expect(call.asked).toEqual([])
  })

  test('leaves the meeting one is in, when it is accepted', () => {
    const { desktop, call, meetings } = open()
    call.set(joinedState({ room: { code: '3h9xkd71qmtv', title: '', capacity: 16 } }))
    desktop.tell('invitationOpened', link)
    meetings.acceptAsked()
    expect(call.asked.map(([verb]) => verb)).toEqual(['leave', 'open'])
  })

  test('to the meeting one is in needs no question', () => {
    const { desktop, call, meetings } = open()
    call.set(joinedState())
    desktop.tell('invitationOpened', link)
    expect(meetings.asked).toBeNull()
  })

  test.each([
    'javascript:alert(1)',
    'k7mq2xvd9thr',
    'https://meet.example',
    link.replace('192.168.1.77', '8.8.8.8'),
    '',
  ])('as "%s" is dropped, and said to be broken', (hostile) => {
    const { desktop, meetings, said } = open()
    desktop.tell('invitationOpened', hostile)
    expect(meetings.asked).toBeNull()
    expect(said).toEqual([en.brokenInvitation])
  })
})
