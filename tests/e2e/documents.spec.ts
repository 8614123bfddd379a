import { expectAccessible } from '../helpers/accessible.ts'
import { expect, test } from '../helpers/call-test.ts'

const report = [
  '# Findings',
  '',
  'Everything is **well**, see [the guide](https://example.org/guide).',
  'Next time: ![the chart](https://example.org/chart.png)',
  '',
  '- [x] measured',
  '- [ ] compared',
  '',
  '| measure | before | after |',
  '|---------|-------:|------:|',
  '| rest    |     72 |    64 |',
  '| load    |    131 |   118 |',
  '',
  '> She feels better.',
  '',
  '```',
  'raw 1 2 3',
  '```',
  '',
  '<b>not bold</b>',
].join('\n')

/** A site that integrates the server: makes an appointment, and answers how it sets a document of it. */
const makeAppointment = async (server: string) => {
  const request = async (method: string, path: string, body: object, headers: Record<string, string> = {}) => {
    const response = await fetch(`${server}/api/v1/signalling/${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    expect(response.ok, path).toBe(true)
    return (await response.json()) as { readonly token: string; readonly url: string }
  }
  const { token, url } = await request('POST', 'appointments', { appointment_id: 'visit 42', title: 'Check-up' })
  const set = async (kind: 'report' | 'transcript', text: string, format = 'markdown') => {
    await request('PUT', `documents/visit%2042/${kind}`, { text, format }, { Authorization: `Bearer ${token}` })
  }
  return { url, set }
}

for (const colorScheme of ['light', 'dark'] as const)
  test(`whoever opens the link of an appointment reads its documents, as they change, ${colorScheme}`, async ({
    server,
    person,
  }) => {
    const appointment = await makeAppointment(server.url)
    await appointment.set('report', report)
    const ada = await person('Ada')
    await ada.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await ada.page.goto(`${server.url}${appointment.url}?name=Ada`)
    await expect(ada.page.getByText('You join as Ada.')).toBeVisible()
    await ada.pressJoin()

    await ada.openPanel('Documents')
    const panel = ada.page.getByRole('complementary', { name: 'Documents' })
    await expect(panel.getByRole('heading', { name: 'Findings', level: 3 })).toBeVisible()
    await expect(panel.getByRole('cell', { name: '118' })).toBeVisible()
    await expect(panel.getByRole('link', { name: 'the chart' })).toHaveAttribute('rel', 'noopener noreferrer')
    await expect(panel.getByText('<b>not bold</b>')).toBeVisible()
    await expectAccessible(ada.page, 'room with documents')

    await appointment.set('transcript', 'Ada: hello\nBen: hello', 'text')
    await panel.getByRole('tab', { name: 'Transcript' }).click()
    await expect(panel.getByText('Ben: hello')).toBeVisible()
    await appointment.set('transcript', 'Ada: hello\nBen: goodbye', 'text')
    await expect(panel.getByText('Ben: goodbye')).toBeVisible()
    await appointment.set('transcript', '', 'text')
    await expect(panel.getByRole('heading', { name: 'Findings' })).toBeVisible()
    await appointment.set('report', '')
    await expect(panel.getByText('The documents of this meeting were taken away.')).toBeVisible()
    await expectAccessible(ada.page, 'room without documents')
  })

test('the address of a meeting that nobody made says so by its name, and another can be hosted there', async ({
  server,
  person,
}) => {
  const ann = await person('Ann')
  await ann.page.goto(`${server.url}/r/visit%2043/`)
  await expect(ann.page.getByRole('heading', { name: 'There is no meeting called “visit 43”.' })).toBeVisible()
  await expectAccessible(ann.page, 'no such meeting')
  await ann.button('Host a meeting').click()
  await ann.page.getByRole('textbox', { name: 'Your name' }).fill('Ann')
  await ann.pressJoin()
  expect(new URL(ann.page.url()).pathname).toMatch(/^\/r\/[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}$/)
  const ben = await person('Ben')
  await ben.join(ann.page.url())
  await ann.expectMoving('Ben')
})
