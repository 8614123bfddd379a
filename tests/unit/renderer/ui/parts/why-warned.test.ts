import { mount, unmount } from 'svelte'
import { expect, onTestFinished, test } from 'vitest'
import { page as screen } from 'vitest/browser'
import type { AppInfo } from '#electron/ipc.ts'
import { formatInvitation } from '#renderer/call/invitation.ts'
import WhyWarned from '#renderer/ui/parts/WhyWarned.svelte'
import { code, identity } from '../doubles.ts'
import InPage from '../InPage.svelte'
import { openWindow } from '../open-window.ts'

const why = screen.getByRole('button', { name: 'Why did my browser warn me?' })
const dialog = screen.getByRole('dialog', { name: 'About the browser’s warning' })

const show = async (address: string, platform: AppInfo['platform'] = 'browser') => {
  const { page } = await openWindow({ platform })
  const part = mount(InPage, { target: document.body, props: { page, part: WhyWarned, props: { address } } })
  onTestFinished(() => unmount(part))
}
const invitation = formatInvitation({
  serverUrl: 'https://192.168.1.20:8001',
  code,
  secret: 'A'.repeat(22),
  host: { pin: identity.pin, addresses: ['192.168.1.20:8001'] },
})

test('a guest over https from the host learns why, and what the certificate must show', async () => {
  await show(invitation)
  await why.click()
  await expect.element(dialog).toBeVisible()
  await expect.element(dialog.getByText(/straight from the computer that hosts/)).toBeVisible()
  const key = dialog.getByRole('group', { name: 'Key of the host' })
  expect(key.element().textContent.replaceAll(/\s/g, '')).toBe('abcdef1234567890'.repeat(4))
})

test('without a key in the invitation only the host can say what is right', async () => {
  await show(`https://192.168.1.20:8001/r/${code}`)
  await why.click()
  await expect.element(dialog.getByText(/the one that the host sees/)).toBeVisible()
  await expect.element(dialog.getByRole('group')).not.toBeInTheDocument()
})

test.each([
  ['over plain http', 'http://192.168.1.20:8001/', 'browser'],
  ['from a server with a name', 'https://meet.example/', 'browser'],
  ['in the app', 'https://192.168.1.20:8001/', 'linux'],
] as const)('%s nobody was warned', async (_, address, platform) => {
  await show(address, platform)
  await expect.element(screen.getByRole('button', { name: 'Host a meeting' })).toBeVisible()
  await expect.element(why).not.toBeInTheDocument()
})
