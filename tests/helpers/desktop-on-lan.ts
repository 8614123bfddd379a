import { join } from 'node:path'
import { chromium, type Browser } from 'playwright'
import { expect } from 'playwright/test'
import { CallPage } from './call-page.ts'
import { chromiumArgs, chromiumPath } from './chromium-launch.ts'
import { DesktopUnderTest } from './electron-stand-in.ts'
import { keepConnections } from './media-gaps.ts'
import { Lan, type IpVersions } from './network-namespaces.ts'

const distDir = join(import.meta.dirname, '../../dist')
/** Several people on one machine: a camera of 30 pictures a second each would leave it no time for anything else. */
const lightArgs = ['--use-fake-device-for-media-stream=fps=10', '--window-size=1024,640']

/** The window of a person in the desktop app. It begins on Home; `join` pastes a link there. */
export class AppPage extends CallPage {
  readonly app: DesktopUnderTest

  constructor(app: DesktopUnderTest, page: CallPage['page'], name: string) {
    super(page, name)
    this.app = app
  }

  /** Home, "Host a meeting", "Join": answers the invitation. */
  override async host(): Promise<string> {
    await this.sayName()
    await this.button('Host a meeting').click()
    await expect(this.page.getByText('Your meeting is ready')).toBeVisible()
    await this.pressJoin()
    return await this.page.getByRole('textbox', { name: 'Link to the meeting' }).inputValue()
  }

  override async openGreenRoom(link: string): Promise<void> {
    await this.paste(link)
    await this.expectGreenRoom()
  }

  async expectGreenRoom(): Promise<void> {
    await expect(this.page.getByText('Ready to join?')).toBeVisible()
  }

  /** Into the field on Home, and off. */
  async paste(link: string): Promise<void> {
    await this.sayName()
    await this.page.getByRole('textbox', { name: 'Code or link' }).fill(link)
    await this.page.getByRole('button', { name: 'Join', exact: true }).click()
  }

  /** Quits the app in the middle of a call, and says yes when it asks. */
  async quit(): Promise<void> {
    await this.app.evaluate(({ electron }) => void setImmediate(() => electron.app.quit()))
    await expect.poll(() => this.app.evaluate(({ standIn }) => standIn.record.dialogs.length)).toBe(1)
    await this.app.evaluate(({ standIn }) => standIn.record.dialogs[0]!.answer(0))
    await this.app.exited()
  }

  async sayName(): Promise<void> {
    const field = this.page.getByRole('textbox', { name: 'Your name' })
    await expect(this.button('Host a meeting')).toBeVisible()
    if (await field.isVisible()) await field.fill(this.name)
  }
}

/**
 * A local network with people on it, each at a computer of their own that is called as they are, in lower case. Whoever is not
 * needed any more by the time of `close` is ended by it.
 */
export class Laboratory {
  readonly lan: Lan
  readonly #apps: DesktopUnderTest[] = []
  readonly #browsers: Browser[] = []

  private constructor(lan: Lan) {
    this.lan = lan
  }

  static async open(people: readonly string[], versions?: IpVersions): Promise<Laboratory> {
    return new Laboratory(await Lan.create(people.map(computerOf), versions))
  }

  /** Starts the app, with a profile of its own. */
  async startApp(person: string): Promise<AppPage> {
    const app = await DesktopUnderTest.launch({
      distDir,
      prefix: this.lan.prefix(computerOf(person)),
      chromiumArgs: lightArgs,
    })
    this.#apps.push(app)
    const page = await app.page()
    await page.evaluate(keepConnections)
    return new AppPage(app, page, person)
  }

  /** Somebody without the app, who has clicked the browser's warning away. */
  async openGuest(person: string): Promise<CallPage> {
    const executablePath = await this.lan.wrapper(computerOf(person), chromiumPath)
    const browser = await chromium.launch({ executablePath, args: [...chromiumArgs, ...lightArgs] })
    this.#browsers.push(browser)
    const context = await browser.newContext({ viewport: { width: 1024, height: 640 }, ignoreHTTPSErrors: true })
    await context.addInitScript(keepConnections)
    return new CallPage(await context.newPage(), person)
  }

  /** The computer of this person dies: it is off the network before anything on it ends, and nothing on it says goodbye. */
  async kill(person: string): Promise<void> {
    await this.lan.switchOff(computerOf(person))
  }

  async close(): Promise<void> {
    await Promise.all(this.#apps.map((app) => app.dispose()))
    await Promise.all(this.#browsers.map((browser) => browser.close()))
    await this.lan.close()
  }
}

const computerOf = (person: string): string => person.toLowerCase()
