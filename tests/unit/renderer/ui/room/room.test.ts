import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { page as screen, userEvent } from 'vitest/browser'
import type { ChatEntry, Quality } from '#renderer/call/call-state.ts'
import { joinedState, makeTrack, onDevice, person, you } from '../doubles.ts'
import { openWindow } from '../open-window.ts'

const tile = (name: string) => screen.getByRole('group', { name, exact: true })
const button = (name: string | RegExp) => screen.getByRole('button', { name })
const entry = (text: string, change: Partial<ChatEntry> = {}): ChatEntry => ({
  id: text.length,
  from: person('Ben').id,
  name: 'Ben',
  text,
  at: Date.UTC(2026, 0, 1) + text.length,
  nonce: `nonce-${text}`,
  delivery: 'sent',
  ...change,
})
const ben = person('Ben')

describe('tiles', () => {
  test('everyone has one, named by the person, the own one "You"', async () => {
    const { call } = await openWindow({ state: joinedState({ people: [ben, person('Cleo')] }) })
    for (const name of ['Ben', 'Cleo', 'You']) await expect.element(tile(name)).toBeVisible()
    call.set(joinedState({ people: [ben] }))
    await expect.element(tile('Cleo')).not.toBeInTheDocument()
  })

  test('a picture is shown while the camera is on, initials otherwise', async () => {
    const stream = new MediaStream([makeTrack('video')])
    const { call } = await openWindow({ state: joinedState({ people: [person('Ben', { cameraOn: true, stream })] }) })
    await expect.element(tile('Ben')).toBeVisible()
    const video = () => tile('Ben').element().querySelector('video')
    await expect.poll(() => video()?.hidden).toBe(false)
    const element = video()
    call.set(joinedState({ people: [person('Ben', { cameraOn: false, stream })] }))
    await expect.poll(() => video()?.hidden).toBe(true)
    await expect.element(tile('Ben').getByText('B', { exact: true })).toBeVisible()
    expect(video()).toBe(element)
  })

  test('a person keeps their elements when somebody before them leaves', async () => {
    const { call } = await openWindow({ state: joinedState({ people: [ben, person('Cleo')] }) })
    await expect.element(tile('Cleo')).toBeVisible()
    const before = tile('Cleo').element()
    call.set(joinedState({ people: [person('Cleo')] }))
    await expect.element(tile('Ben')).not.toBeInTheDocument()
    expect(tile('Cleo').element()).toBe(before)
  })

  test('a muted person is marked as such', async () => {
    await openWindow({ state: joinedState({ people: [person('Ben', { microphoneOn: false })] }) })
    await expect.element(tile('Ben').getByRole('img', { name: /microphone is off/i })).toBeVisible()
  })

  test('the three troubles of a link look different, and say what to do', async () => {
    const { call } = await openWindow({ state: joinedState({ people: [person('Ben', { link: 'connecting' })] }) })
    await expect.element(tile('Ben').getByText('Connecting…')).toBeVisible()
    call.set(joinedState({ people: [person('Ben', { link: 'reconnecting' })] }))
    await expect.element(tile('Ben').getByText('Reconnecting…')).toBeVisible()
    call.set(joinedState({ people: [person('Ben', { link: 'unreachable' })] }))
    await expect.element(tile('Ben').getByText('Can’t reach Ben')).toBeVisible()
    await expect.element(tile('Ben').getByText(/firewall/)).toBeVisible()
    call.set(joinedState({ people: [ben] }))
    await expect.element(tile('Ben').getByText(/reach|Reconnecting|Connecting/)).not.toBeInTheDocument()
  })

  test.each(['good', 'fair', 'poor'] satisfies Quality[])('a %s connection has bars with words', async (quality) => {
    await openWindow({ state: joinedState({ people: [person('Ben', { quality })] }) })
    await expect.element(tile('Ben').getByRole('img', { name: /connection/ })).toBeVisible()
  })

  test('somebody who speaks is marked', async () => {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true })
    await openWindow({ state: joinedState({ people: [person('Ben', { stream })] }) })
    await expect.element(tile('Ben').getByText('is speaking')).toBeInTheDocument()
    for (const track of stream.getTracks()) track.stop()
  })

  test('sound comes from one audio element for each person, and none for oneself', async () => {
    const stream = new MediaStream([makeTrack('audio')])
    await openWindow({ state: joinedState({ people: [person('Ben', { stream })] }) })
    await expect.element(tile('Ben')).toBeVisible()
    const audio = tile('Ben').element().querySelector('audio')
    expect((audio?.srcObject as MediaStream).getAudioTracks()).toEqual(stream.getAudioTracks())
    expect(tile('You').element().querySelector('audio')).toBeNull()
    for (const video of document.querySelectorAll('video')) expect(video.muted).toBe(true)
  })

  test('sound that the browser holds back is turned on by a press', async () => {
    const play = vi.spyOn(HTMLMediaElement.prototype, 'play')
    onTestFinished(() => play.mockRestore())
    play.mockRejectedValue(new DOMException('no gesture', 'NotAllowedError'))
    const stream = new MediaStream([makeTrack('audio')])
    await openWindow({ state: joinedState({ people: [person('Ben', { stream })] }) })
    await expect.element(button('Turn on sound')).toBeVisible()
    play.mockResolvedValue(undefined)
    await button('Turn on sound').click()
    await expect.element(button('Turn on sound')).not.toBeInTheDocument()
  })
})

describe('the bar and the keys', () => {
  test('M and V turn microphone and camera, and it is announced', async () => {
    const { media } = await openWindow({ state: joinedState() })
    media.set({ camera: onDevice('video'), microphone: onDevice('audio') })
    await expect.element(button('Turn microphone off')).toBeVisible()
    await userEvent.keyboard('m')
    await expect.element(button('Turn microphone on')).toBeVisible()
    await expect.element(screen.getByText('Your microphone is off.')).toBeInTheDocument()
    await userEvent.keyboard('v')
    await expect.element(button('Turn camera on')).toBeVisible()
  })

  test('C opens the chat with the focus in its field, Escape closes it and gives the focus back', async () => {
    await openWindow({ state: joinedState({ people: [ben] }) })
    await expect.element(button('Chat')).toBeVisible()
    await userEvent.keyboard('c')
    await expect.element(screen.getByRole('complementary', { name: 'Chat' })).toBeVisible()
    await expect.element(screen.getByRole('textbox', { name: 'Message' })).toHaveFocus()
    await userEvent.keyboard('{Escape}')
    await expect.element(screen.getByRole('complementary')).not.toBeInTheDocument()
    await expect.element(button('Chat')).toHaveFocus()
  })

  test('? shows the keys, and they can be turned off', async () => {
    const { media } = await openWindow({ state: joinedState() })
    media.set({ microphone: onDevice('audio') })
    await expect.element(button('Turn microphone off')).toBeVisible()
    await userEvent.keyboard('?')
    await expect.element(screen.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible()
    await screen.getByRole('switch', { name: 'Use single-key shortcuts' }).click()
    await userEvent.keyboard('{Escape}')
    await expect.element(screen.getByRole('dialog')).not.toBeInTheDocument()
    await userEvent.keyboard('m')
    expect(media.asked).not.toContainEqual(['setMicrophone', false])
  })

  test('Leave leaves', async () => {
    const { call } = await openWindow({ state: joinedState() })
    await button('Leave').click()
    await expect.poll(() => call.asked).toEqual([['leave']])
  })

  test('the desktop is told for as long as a call goes on', async () => {
    const { call, desktop } = await openWindow({ state: joinedState() })
    expect(desktop.asked).toEqual([['setInCall', true]])
    call.set({ phase: 'idle' })
    expect(desktop.asked.at(-1)).toEqual(['setInCall', false])
  })
})

describe('chat', () => {
  test('messages of others are counted while it is closed, and announced', async () => {
    const { call } = await openWindow({ state: joinedState({ people: [ben], chat: [entry('old')] }) })
    await expect.element(button('Chat')).toBeVisible()
    call.set(joinedState({ people: [ben], chat: [entry('old'), entry('new one')] }))
    call.tell({ kind: 'chat', name: 'Ben' })
    await expect.element(screen.getByText('New message from Ben.')).toBeInTheDocument()
    await button('Chat, 1 new message').click()
    await expect.element(screen.getByText('new one')).toBeVisible()
    await expect.element(button('Chat')).toBeVisible()
  })

  test('Enter sends, Shift and Enter begins a new line', async () => {
    const { call } = await openWindow({ state: joinedState({ people: [ben] }) })
    await button('Chat').click()
    await screen.getByRole('textbox', { name: 'Message' }).fill('first')
    await userEvent.keyboard('{Shift>}{Enter}{/Shift}second{Enter}')
    await expect.poll(() => call.asked).toEqual([['sendChat', 'first\nsecond']])
    await expect.element(screen.getByRole('textbox', { name: 'Message' })).toHaveValue('')
    await userEvent.keyboard('   {Enter}')
    expect(call.asked).toHaveLength(1)
  })

  test('web addresses are links that open outside, anything else is text', async () => {
    await openWindow({
      state: joinedState({ people: [ben], chat: [entry('see https://example.org/x and <b>javascript:alert(1)</b>')] }),
    })
    await button('Chat').click()
    const link = screen.getByRole('link', { name: 'https://example.org/x' })
    await expect.element(link).toHaveAttribute('href', 'https://example.org/x')
    await expect.element(link).toHaveAttribute('target', '_blank')
    await expect.element(link).toHaveAttribute('rel', 'noopener noreferrer')
    await expect.element(screen.getByText(/<b>javascript:alert\(1\)<\/b>/)).toBeVisible()
    expect(screen.getByRole('link').all()).toHaveLength(1)
  })

  test('what is on its way and what failed is said beside the message', async () => {
    await openWindow({
      state: joinedState({
        chat: [entry('one', { from: you, delivery: 'sending' }), entry('three', { from: you, delivery: 'failed' })],
      }),
    })
    await button('Chat').click()
    await expect.element(screen.getByText('Sending…')).toBeVisible()
    await expect.element(screen.getByText('Not sent. Write it again.')).toBeVisible()
  })
})

describe('people', () => {
  test('the list begins with oneself and says each connection in words, with the invitation below', async () => {
    await openWindow({ state: joinedState({ people: [person('Ben', { quality: 'poor', microphoneOn: false })] }) })
    await button('People').click()
    const rows = screen.getByRole('complementary').getByRole('listitem')
    await expect.element(rows.nth(0).getByText('Ann (you)')).toBeVisible()
    await expect.element(rows.nth(1).getByText('Ben')).toBeVisible()
    await expect.element(rows.nth(1).getByText('Weak connection')).toBeVisible()
    await expect.element(rows.nth(1).getByText('microphone off, camera off')).toBeInTheDocument()
    await expect.element(button('Copy link')).toBeVisible()
  })

  test('alone, one is told so and can invite', async () => {
    const { call } = await openWindow({ state: joinedState() })
    await expect.element(screen.getByText('You are the only one here')).toBeVisible()
    await expect.element(button('Copy link')).toBeVisible()
    call.set(joinedState({ people: [ben] }))
    await expect.element(screen.getByText('You are the only one here')).not.toBeInTheDocument()
  })

  test('who comes and goes is announced, and the words do not stay', async () => {
    const { call } = await openWindow({ state: joinedState({ people: [ben] }) })
    call.tell({ kind: 'joined', name: 'Cleo' })
    call.tell({ kind: 'left', name: 'Ben' })
    await expect.element(screen.getByText('Cleo joined. Ben left.')).toBeInTheDocument()
    await expect.element(screen.getByText('Cleo joined. Ben left.'), { timeout: 6000 }).not.toBeInTheDocument()
  })
})

describe('trouble', () => {
  test('a lost server is a small badge, and the tiles stay', async () => {
    const { call } = await openWindow({ state: joinedState({ people: [ben] }) })
    call.set(joinedState({ people: [ben], server: 'reconnecting' }))
    await expect.element(screen.getByText('Reconnecting to the meeting. The call goes on.')).toBeVisible()
    await expect.element(tile('Ben').getByText(/Reconnecting/)).not.toBeInTheDocument()
    call.set(joinedState({ people: [ben] }))
    await expect.element(screen.getByText(/Reconnecting to the meeting/)).not.toBeInTheDocument()
  })

  test('a camera that is pulled out is said once, can be put away, and is said again the next time', async () => {
    const { media } = await openWindow({ state: joinedState({ people: [ben] }) })
    const unplugged = { phase: 'failed', problem: 'unplugged' } as const
    media.set({ camera: unplugged, microphone: onDevice('audio') })
    await expect.element(screen.getByText('Your camera was unplugged.')).toBeVisible()
    await button('Dismiss').click()
    await expect.element(screen.getByText('Your camera was unplugged.')).not.toBeInTheDocument()
    media.set({ camera: onDevice('video') })
    await expect.element(button('Turn camera off')).toBeVisible()
    media.set({ camera: unplugged })
    await expect.element(screen.getByText('Your camera was unplugged.')).toBeVisible()
  })

  test('a network that came back is used at once', async () => {
    const { call, desktop } = await openWindow({ state: joinedState({ people: [ben] }) })
    window.dispatchEvent(new Event('online'))
    expect(call.asked).toEqual([['reconnectNow'], ['checkLinks']])
    desktop.tell('networkChanged', 'resumed')
    expect(call.asked).toHaveLength(4)
  })
})
