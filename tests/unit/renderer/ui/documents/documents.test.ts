import { describe, expect, test } from 'vitest'
import { page as screen, userEvent } from 'vitest/browser'
import { limits, type DocumentFormat, type DocumentKind, type RoomDocument } from '#signalling/protocol.ts'
import { joinedState, person } from '../doubles.ts'
import { openWindow } from '../open-window.ts'

const button = screen.getByRole('button', { name: 'Documents', exact: true })
const panel = screen.getByRole('complementary', { name: 'Documents' })

const makeDocument = (kind: DocumentKind, text: string, format: DocumentFormat = 'markdown', at = 1): RoomDocument => ({
  kind,
  format,
  text,
  at,
  size: text.length,
})
const infoOf = ({ kind, format, at, size }: RoomDocument) => ({ kind, format, at, size })

/** In a meeting that carries these documents. */
const openRoom = async (...documents: readonly RoomDocument[]) => {
  const opened = await openWindow({ state: joinedState({ people: [person('Ben')] }) })
  const set = (...those: readonly RoomDocument[]) => {
    opened.call.texts.clear()
    for (const document of those) opened.call.texts.set(document.kind, document)
    opened.call.set(joinedState({ people: [person('Ben')], documents: those.map(infoOf) }))
  }
  set(...documents)
  return { ...opened, set }
}

describe('documents', () => {
  test('have a button only where there are any', async () => {
    const { set } = await openRoom()
    await expect.element(screen.getByRole('button', { name: 'Leave' })).toBeVisible()
    await expect.element(button).not.toBeInTheDocument()
    set(makeDocument('report', 'text'))
    await expect.element(button).toBeVisible()
    await expect.element(screen.getByText('The report was added to the documents.')).toBeInTheDocument()
  })

  test('are chosen by tabs, with the keyboard, too, and fetched when they are looked at', async () => {
    const { call } = await openRoom(
      makeDocument('report', '# Findings\n\nAll is **well**.'),
      makeDocument('transcript', 'Ann: hello\nBen: hello\n\n  indented', 'text'),
    )
    await button.click()
    await expect.element(panel.getByRole('heading', { name: 'Findings', level: 3 })).toBeVisible()
    expect(call.asked).toEqual([['readDocument', 'report']])
    const tab = panel.getByRole('tab', { name: 'Report' })
    await expect.element(tab).toHaveAttribute('aria-selected', 'true')
    ;(tab.element() as HTMLElement).focus()
    await userEvent.keyboard('{ArrowRight}')
    await expect.element(panel.getByText(/Ann: hello\s+Ben: hello/)).toBeVisible()
    expect(panel.getByRole('tabpanel').element().querySelector('p[dir]')?.textContent).toBe(
      'Ann: hello\nBen: hello\n\n  indented',
    )
    await userEvent.keyboard('{Escape}')
    await expect.element(panel).not.toBeInTheDocument()
    await expect.element(button).toHaveFocus()
  })

  test('change while they are looked at, without going away meanwhile', async () => {
    const { set, call } = await openRoom(makeDocument('report', 'first'))
    await button.click()
    await expect.element(panel.getByText('first')).toBeVisible()
    const answer = Promise.withResolvers<undefined>()
    const { readDocument } = call
    Object.assign(call, {
      readDocument: async (kind: DocumentKind) => {
        await answer.promise
        return await readDocument(kind)
      },
    })
    set(makeDocument('report', 'second', 'markdown', 2))
    await expect.element(screen.getByText(/The report was changed\./)).toBeInTheDocument()
    await expect.element(panel.getByText('first')).toBeVisible()
    answer.resolve(undefined)
    await expect.element(panel.getByText('second')).toBeVisible()
    await expect.element(panel.getByText('first')).not.toBeInTheDocument()
  })

  test('that are taken away while they are looked at leave a sentence, and a way out', async () => {
    const { set } = await openRoom(makeDocument('report', 'text'))
    await button.click()
    await expect.element(panel.getByText('text')).toBeVisible()
    set()
    await expect.element(panel.getByText('The documents of this meeting were taken away.')).toBeVisible()
    await panel.getByRole('button', { name: 'Close documents' }).click()
    await expect.element(panel).not.toBeInTheDocument()
    await expect.element(button).not.toBeInTheDocument()
  })

  test('that cannot be fetched say why, and are there when tried again', async () => {
    const report = makeDocument('report', 'here after all')
    const { call } = await openRoom(report)
    call.texts.clear()
    await button.click()
    await expect.element(panel.getByText('That document is not there any more.')).toBeVisible()
    call.texts.set('report', report)
    await panel.getByRole('button', { name: 'Try again' }).click()
    await expect.element(panel.getByText('here after all')).toBeVisible()
  })

  test('without a word say so', async () => {
    await openRoom(makeDocument('report', ' \n'))
    await button.click()
    await expect.element(panel.getByText('There is nothing in this document yet.')).toBeVisible()
  })

  test('wait for the server while it is away', async () => {
    const report = makeDocument('report', 'text')
    const { call } = await openRoom(report)
    call.set(joinedState({ server: 'reconnecting', documents: [infoOf(report)] }))
    await button.click()
    await expect.element(panel.getByText('Loading…')).toBeVisible()
    expect(call.asked).toEqual([])
    call.set(joinedState({ documents: [infoOf(report)] }))
    await expect.element(panel.getByText('text')).toBeVisible()
  })
})

describe('Markdown', () => {
  test('is shown with elements of the page, loads nothing, and runs nothing', async () => {
    await openRoom(
      makeDocument(
        'report',
        [
          '# One\n\n#### Four\n\n[out](https://example.org/) [in](javascript:alert(1)) ![face](https://example.org/a.png)',
          '<img src=x onerror="document.title=1">\n\n<script>document.title = 2</script>',
          '3. three\n\n- [x] done\n\n| a |\n|---|\n| b |\n\n> quoted\n\n```\ncode\n```',
        ].join('\n\n'),
      ),
    )
    const title = document.title
    await button.click()
    await expect.element(panel.getByRole('heading', { name: 'One', level: 3 })).toBeVisible()
    await expect.element(panel.getByRole('heading', { name: 'Four', level: 6 })).toBeVisible()
    const links = panel.getByRole('link').elements() as HTMLAnchorElement[]
    expect(links.map(({ text, href, target, rel }) => [text, href, target, rel])).toEqual([
      ['out', 'https://example.org/', '_blank', 'noopener noreferrer'],
      ['face', 'https://example.org/a.png', '_blank', 'noopener noreferrer'],
    ])
    const shown = panel.getByRole('tabpanel').element()
    expect(shown.querySelectorAll('img, script, iframe, object, style, input')).toHaveLength(0)
    await expect.element(panel.getByText('<script>document.title = 2</script>')).toBeVisible()
    await expect.element(panel.getByRole('columnheader', { name: 'a' })).toBeVisible()
    expect(shown.querySelector('ol')?.start).toBe(3)
    expect(document.title).toBe(title)
  })

  test('of the longest length and the worst kind leaves the page working', async () => {
    const { set } = await openRoom(makeDocument('report', '> '.repeat(limits.documentText / 2)))
    await button.click()
    await expect.element(panel.getByText(/^> > >/)).toBeInTheDocument()
    for (const [at, part] of ['* a\n', '_a', '> a\nb\n', '**a** '].entries()) {
      const text = part.repeat(limits.documentText / part.length)
      set(makeDocument('report', `word ${text.slice(10)}`, 'markdown', at + 2))
      await expect.poll(() => panel.getByRole('tabpanel').element().textContent, { timeout: 15_000 }).toMatch(/word/)
    }
    await userEvent.keyboard('{Escape}')
    await expect.element(panel).not.toBeInTheDocument()
  })
})
