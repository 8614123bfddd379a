import { expect, type Locator, type Page } from 'playwright/test'
import { AUDIBLE, loudestSample } from './loudest-sample.ts'

/** One person's window, driven only by what people see: accessible names of docs/ARCHITECTURE.md, "Names that tests use". */
export class CallPage {
  readonly page: Page
  readonly name: string

  constructor(page: Page, name: string) {
    this.page = page
    this.name = name
  }

  /** Home, "Host a meeting", "Join": answers the address that others open. */
  async host(serverUrl: string): Promise<string> {
    await this.page.goto(serverUrl)
    await this.#sayName()
    await this.page.getByRole('button', { name: 'Host a meeting' }).click()
    await this.pressJoin()
    return this.page.url()
  }

  /** Opens the room's address as a guest and joins from the green room. */
  async join(roomUrl: string): Promise<void> {
    await this.openGreenRoom(roomUrl)
    await this.pressJoin()
  }

  async openGreenRoom(roomUrl: string): Promise<void> {
    await this.page.goto(roomUrl)
    await expect(this.page.getByRole('button', { name: /^Join/ }).first()).toBeVisible()
    await this.#sayName()
  }

  async pressJoin(): Promise<void> {
    await this.page.getByRole('button', { name: 'Join', exact: true }).click()
    await expect(this.button('Leave')).toBeVisible()
  }

  async #sayName(): Promise<void> {
    const field = this.page.getByRole('textbox', { name: 'Your name' })
    await expect(field.or(this.page.getByRole('button', { name: 'Host a meeting' })).first()).toBeVisible()
    if (await field.isVisible()) await field.fill(this.name)
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name })
  }

  /** The tile of a person, or of "You". */
  tile(name: string): Locator {
    return this.page.getByRole('group', { name, exact: true })
  }

  /** Everyone whose tile is shown, own one left out. */
  async expectPeople(...names: readonly string[]): Promise<void> {
    for (const name of names) await expect(this.tile(name)).toHaveCount(1)
    await expect(this.page.getByRole('group').filter({ has: this.page.locator('video, audio') })).toHaveCount(
      names.length + 1,
    )
  }

  /** Number of frames decoded and shown so far in a person's tile. */
  async framesOf(name: string): Promise<number> {
    return await this.tile(name)
      .locator('video')
      .evaluate((video) => (video as HTMLVideoElement).getVideoPlaybackQuality().totalVideoFrames)
  }

  /** Waits until at least ten more frames of this person have been decoded than are now. */
  async expectMoving(name: string): Promise<void> {
    await expect(this.tile(name).locator('video')).toBeVisible()
    const before = await this.framesOf(name)
    await expect.poll(async () => await this.framesOf(name), { timeout: 15_000 }).toBeGreaterThan(before + 10)
  }

  /** Waits until sound above silence arrives from this person. */
  async expectHeard(name: string): Promise<void> {
    const peak = await loudestSample(this.tile(name).locator('audio'), 10_000)
    expect(peak, `loudest sample that ${this.name} receives from ${name}`).toBeGreaterThanOrEqual(AUDIBLE)
  }

  async openPanel(name: 'Chat' | 'People' | 'Documents'): Promise<void> {
    await this.button(new RegExp(`^${name}`)).click()
    await expect(this.page.getByRole('complementary').or(this.page.getByRole('dialog')).first()).toBeVisible()
  }

  async say(text: string): Promise<void> {
    const field = this.page.getByRole('textbox', { name: 'Message' })
    if (!(await field.isVisible())) await this.openPanel('Chat')
    await field.fill(text)
    await field.press('Enter')
  }

  async expectChat(text: string): Promise<void> {
    if (!(await this.page.getByRole('textbox', { name: 'Message' }).isVisible())) await this.openPanel('Chat')
    await expect(this.page.getByText(text, { exact: true })).toHaveCount(1)
  }
}
