import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildDesktop, buildPage } from '#build/build.ts'
import { findFreePort, type TestPageWindow } from '#tests/helpers/electron-stand-in-fixture.ts'
import { DesktopUnderTest } from '#tests/helpers/electron-stand-in.ts'

declare const window: TestPageWindow & typeof globalThis

let distDir: string
let app: DesktopUnderTest
let page: Page
const problems: string[] = []
beforeAll(async () => {
  distDir = await mkdtemp(join(tmpdir(), 'earshot-dist-'))
  await Promise.all([buildDesktop(distDir), buildPage(distDir)])
  app = await DesktopUnderTest.launch({ distDir })
  page = await app.page()
  await page.evaluate((hostPort) => window.desktop.changeSettings({ name: 'Ada', hostPort }), await findFreePort())
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text())
  })
  page.on('pageerror', (error) => problems.push(error.message))
  await page.reload()
}, 120_000)
afterAll(async () => {
  await app.dispose()
  await rm(distDir, { recursive: true, force: true })
})

test('the real page hosts a meeting and joins it, within the policy of app://', async () => {
  await page.getByRole('button', { name: 'Host a meeting' }).click()
  await page.getByRole('button', { name: 'Join', exact: true }).click({ timeout: 15_000 })
  await page.getByRole('group', { name: 'You' }).waitFor({ timeout: 15_000 })
  expect(await page.evaluate(() => window.desktop.getHost())).toMatchObject({ phase: 'running' })
  expect(problems).toEqual([])
})

test('whoever is in the meeting goes live through the relay of the own host, and stops', async () => {
  await page.getByRole('button', { name: /^People/ }).click()
  await page.getByRole('button', { name: 'Go live' }).click()
  await page.getByRole('button', { name: 'Stop live' }).waitFor({ timeout: 15_000 })
  const link = await page.getByRole('textbox', { name: 'Link to watch you' }).inputValue()
  expect(link).toMatch(/^https:.*\/live\/[\w-]+$/)
  await page.getByRole('button', { name: 'Stop live' }).click()
  await page.getByRole('button', { name: 'Go live' }).waitFor({ timeout: 15_000 })
  expect(problems).toEqual([])
})
