/**
 * Takes the pictures under docs/screens/: builds the page, starts the real server, opens people in Chromium with fake
 * camera and microphone, and photographs each screen in both themes.
 *
 *   node build/screens.ts [folder]
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright'
import { build } from 'vite'
import { startSignallingServer } from '#signalling/server.ts'
import { chromiumArgs, chromiumPath } from '#tests/helpers/chromium-launch.ts'
import { giveDesktop, hostingComputer, nearbyMeetings, tellNearby } from '#tests/helpers/desktop-in-chromium.ts'
import { drawPortrait, type PersonName } from './portraits.ts'

type Theme = 'light' | 'dark'
interface Studio {
  /** One browser a person, because a browser has one camera. */
  readonly browsers: Readonly<Record<PersonName, Browser>>
  /** Nobody answers its permission prompts with yes. */
  readonly refusing: Browser
  readonly serverUrl: string
  readonly theme: Theme
  readonly shoot: (page: Page, name: string) => Promise<void>
}

const folder = process.argv[2] ?? 'docs/screens'
const size = { width: 1280, height: 800 }
const promptsAnsweredYes = '--use-fake-ui-for-media-stream'

/** The fake devices are called after files and numbers. */
const nameDevices = (): void => {
  const names: Readonly<Record<string, string>> = {
    ...{ audioinput: 'Built-in microphone', audio: 'Built-in microphone' },
    audiooutput: 'Built-in speaker',
  }
  for (const { prototype } of [MediaDeviceInfo, MediaStreamTrack]) {
    Object.defineProperty(prototype, 'label', {
      get(this: { readonly kind: string }) {
        return names[this.kind] ?? 'Built-in camera'
      },
    })
  }
}

const openWindow = async ({ theme }: Studio, browser: Browser, settings: object = {}): Promise<Page> => {
  const context = await browser.newContext({ viewport: size, colorScheme: theme, reducedMotion: 'reduce' })
  await context.addInitScript((stored) => {
    if (localStorage.getItem('earshot.settings') === null) localStorage.setItem('earshot.settings', stored)
  }, JSON.stringify(settings))
  await context.addInitScript(nameDevices)
  const page = await context.newPage()
  page.on('console', (message) => {
    if (message.type() === 'error') console.error(`${theme}: ${message.text()}`)
  })
  page.on('pageerror', (error) => console.error(`${theme}: ${error.message}`))
  return page
}

/** Waits until every picture that is shown has frames. */
const settle = async (page: Page): Promise<void> => {
  await page.waitForFunction(
    () =>
      [...document.querySelectorAll('video')].every((video) => video.hidden || video.videoWidth > 0) &&
      !document.body.innerText.includes('is starting'),
  )
  await page.evaluate(async () => {
    await document.fonts.ready
    await Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => undefined)))
  })
}

const recent = (serverUrl: string) => {
  const now = Date.now()
  return [
    { code: 'k7mq2xvd9thr', serverUrl, title: 'Tuesday planning', at: now - 3_600_000 },
    { code: 'w4n8zc0fj2ps', serverUrl, title: 'Ben’s meeting', at: now - 26 * 3_600_000 },
    { code: '3h9xkd71qmtv', serverUrl, title: '', at: now - 9 * 86_400_000 },
  ]
}

const shootHome = async (studio: Studio): Promise<void> => {
  const first = await openWindow(studio, studio.browsers.ann)
  await first.goto(studio.serverUrl)
  await studio.shoot(first, 'home-first-time')
  const known = await openWindow(studio, studio.browsers.ann, { name: 'Ann Weber', recent: recent(studio.serverUrl) })
  await known.goto(studio.serverUrl)
  await studio.shoot(known, 'home')
  await known.getByRole('button', { name: 'Settings' }).click()
  await known.getByRole('dialog').waitFor()
  await studio.shoot(known, 'settings')
  for (const page of [first, known]) await page.context().close()
}

/** What only the desktop app has: meetings of the network, and the sheet of whoever hosts. */
const shootHosting = async (studio: Studio): Promise<void> => {
  const { serverUrl } = studio
  const computer = hostingComputer(Number(new URL(serverUrl).port))
  const settings = { name: 'Ann Weber', recent: recent(serverUrl).map((meeting) => ({ ...meeting, link: '' })) }
  const page = await openWindow(studio, studio.browsers.ann)
  await giveDesktop(page, { ...computer, settings })
  await page.goto(computer.host.url)
  await page.getByRole('button', { name: 'Host a meeting' }).waitFor()
  await tellNearby(page, nearbyMeetings)
  await studio.shoot(page, 'home-nearby')
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByRole('switch', { name: 'Let this computer take over a meeting' }).waitFor()
  await studio.shoot(page, 'settings-desktop')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Host a meeting' }).click()
  await page.getByRole('button', { name: 'Join', exact: true }).click()
  await page.getByRole('button', { name: 'Leave' }).waitFor()
  await page.getByRole('button', { name: 'People' }).click()
  await page.getByRole('button', { name: 'Meeting options' }).click()
  await page.getByText('The firewall lets others in.').waitFor()
  await studio.shoot(page, 'host-sheet')
  await page.getByRole('dialog').getByRole('button', { name: 'Show the QR code large' }).click()
  await page.getByRole('img', { name: 'QR code of the invitation' }).waitFor()
  await studio.shoot(page, 'host-qr')
  await page.context().close()
}

const shootMeeting = async (studio: Studio): Promise<void> => {
  const ann = await openWindow(studio, studio.browsers.ann, { name: 'Ann Weber' })
  await ann.goto(studio.serverUrl)
  await ann.getByRole('button', { name: 'Host a meeting' }).click()
  await ann.getByRole('button', { name: 'Join', exact: true }).waitFor()
  await studio.shoot(ann, 'green-room-host')
  await ann.getByRole('button', { name: 'Join', exact: true }).click()
  await ann.getByRole('button', { name: 'Leave' }).waitFor()
  await studio.shoot(ann, 'room-alone')

  const others = []
  for (const [name, browser] of [
    ['Ben Okafor', studio.browsers.ben],
    ['Cleo', studio.browsers.cleo],
  ] as const) {
    const page = await openWindow(studio, browser, { name, microphoneOn: name !== 'Cleo' })
    await page.goto(ann.url())
    await page.getByRole('button', { name: 'Join', exact: true }).waitFor()
    if (name === 'Cleo') await studio.shoot(page, 'green-room')
    await page.getByRole('button', { name: 'Join', exact: true }).click()
    await ann.getByRole('group', { name, exact: true }).waitFor()
    others.push(page)
  }
  await ann
    .getByRole('img', { name: /connection/ })
    .first()
    .waitFor()
  await studio.shoot(ann, 'room')
  await shootPanels(studio, ann, others)

  const refused = await openWindow(studio, studio.refusing, { name: 'Dora' })
  await refused.goto(ann.url())
  await refused.getByRole('button', { name: 'Try again' }).waitFor()
  await studio.shoot(refused, 'permission-refused')

  await ann.getByRole('button', { name: 'Leave' }).click()
  await ann.getByRole('button', { name: 'Back to Home' }).waitFor()
  await studio.shoot(ann, 'after-call')
  for (const page of [ann, refused, ...others]) await page.context().close()
}

const say = async (page: Page, text: string): Promise<void> => {
  const field = page.getByRole('textbox', { name: 'Message' })
  if (!(await field.isVisible())) await page.getByRole('button', { name: /^Chat/ }).click()
  await field.fill(text)
  await field.press('Enter')
  await page
    .getByText(text.split(' ')[0] ?? text)
    .first()
    .waitFor()
}

const shootPanels = async (studio: Studio, ann: Page, [ben, cleo]: readonly Page[]): Promise<void> => {
  if (!ben || !cleo) return
  await say(ben, 'Hello! Can everyone hear me?')
  await say(cleo, 'Yes, clearly. I mute while I type.')
  await say(cleo, 'The plan is here: https://plan.example/week-47')
  await say(ann, 'Thanks, reading it now.')
  await ann.getByText('https://plan.example').waitFor()
  await studio.shoot(ann, 'chat')
  await ann.getByRole('button', { name: 'People' }).click()
  await studio.shoot(ann, 'people')
  await ann.keyboard.press('Escape')
}

/** Somebody knocks, comes in, and is looked at more closely. */
const shootDoor = async (studio: Studio): Promise<void> => {
  const ann = await openWindow(studio, studio.browsers.ann, { name: 'Ann Weber' })
  await ann.goto(studio.serverUrl)
  await ann.getByRole('button', { name: 'Host a meeting' }).click()
  await ann.getByRole('button', { name: 'Join', exact: true }).click()
  await ann.getByRole('button', { name: 'People' }).click()
  const cleo = await openWindow(studio, studio.browsers.cleo, { name: 'Cleo' })
  await cleo.goto(ann.url())
  await cleo.getByRole('button', { name: 'Join', exact: true }).click()
  await ann.getByText('Invited', { exact: true }).waitFor()
  await ann.getByRole('button', { name: 'Meeting options' }).click()
  await ann.getByRole('switch', { name: 'Knock to enter' }).click()
  await ann.getByRole('switch', { name: 'Knock to enter', checked: true }).waitFor()
  await ann.keyboard.press('Escape')
  await ann.getByRole('button', { name: 'Close people' }).click()

  const ben = await openWindow(studio, studio.browsers.ben, { name: 'Ben Okafor' })
  await ben.goto(ann.url())
  await ben.getByRole('button', { name: 'Ask to join' }).click()
  await ben.getByText('Waiting for somebody').waitFor()
  await studio.shoot(ben, 'green-room-waiting')
  await ann.getByRole('button', { name: 'Admit' }).waitFor()
  await ann.getByRole('main').focus()
  await studio.shoot(ann, 'room-knock')
  await ann.getByRole('button', { name: 'Admit' }).click()
  await ann.getByRole('button', { name: 'People' }).click()
  await ann.getByText('Invited', { exact: true }).nth(1).waitFor()
  await studio.shoot(ann, 'people-host')
  await ann.getByRole('button', { name: /^Security/ }).click()
  await ann.getByRole('button', { name: 'They are the same', disabled: false }).waitFor()
  await studio.shoot(ann, 'security')
  for (const page of [ann, ben, cleo]) await page.context().close()
}

const shootMissing = async (studio: Studio): Promise<void> => {
  const page = await openWindow(studio, studio.browsers.ann, { name: 'Ann Weber' })
  await page.goto(`${studio.serverUrl}/r/0000-0000-0000`)
  await page.getByRole('button', { name: 'Back to Home' }).waitFor()
  await studio.shoot(page, 'no-such-meeting')
  await page.context().close()
}

const launch = (args: readonly string[]) => chromium.launch({ executablePath: chromiumPath, args: [...args] })

/** Chromium, with a drawn person before its camera. */
const launchPerson = async (name: PersonName, draughtsman: Browser, into: string): Promise<Browser> => {
  const portrait = await drawPortrait(draughtsman, name, into)
  return await launch([...chromiumArgs, `--use-file-for-fake-video-capture=${portrait}`])
}

// A build of its own, so that a running server or another build is not in the way.
const pageDir = await mkdtemp(join(tmpdir(), 'earshot-screens-'))
await build({ configFile: 'vite.config.ts', logLevel: 'warn', build: { outDir: pageDir } })
await mkdir(folder, { recursive: true })
const server = await startSignallingServer({ pageDir })
const refusing = await launch(chromiumArgs.filter((arg) => arg !== promptsAnsweredYes))
const browsers = {
  ann: await launchPerson('ann', refusing, pageDir),
  ben: await launchPerson('ben', refusing, pageDir),
  cleo: await launchPerson('cleo', refusing, pageDir),
}
try {
  for (const theme of ['light', 'dark'] as const) {
    const shoot = async (page: Page, name: string) => {
      await settle(page)
      // Away from buttons, whose names would be shown.
      await page.mouse.move(size.width / 2, size.height / 3)
      await page.screenshot({ path: join(folder, `${name}-${theme}.png`) })
    }
    const studio: Studio = { browsers, refusing, serverUrl: server.url, theme, shoot }
    await shootHome(studio)
    await shootHosting(studio)
    await shootMeeting(studio)
    await shootDoor(studio)
    await shootMissing(studio)
  }
} finally {
  for (const browser of [...Object.values(browsers), refusing]) await browser.close()
  await server.close()
  await rm(pageDir, { recursive: true })
}
