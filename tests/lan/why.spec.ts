import { chromium, type Browser } from 'playwright'
import { expect, test } from 'playwright/test'
import { CallPage } from '../helpers/call-page.ts'
import { chromiumArgs, chromiumPath } from '../helpers/chromium-launch.ts'
import { Lan, whyNoFaults, type IpVersions } from '../helpers/network-namespaces.ts'
import { ServerProcess } from '../helpers/server-process.ts'

const reason = await whyNoFaults()
test.skip(reason !== null, reason ?? '')

const NAMED_WITHIN_MS = 8000

let lan: Lan
let server: ServerProcess
const browsers: Browser[] = []

/** Without a relay through the host, which would get around nearly everything. */
const startLan = async (names: readonly string[], versions?: IpVersions): Promise<void> => {
  lan = await Lan.create(['server', ...names], versions)
  server = new ServerProcess([...lan.prefix('server'), process.execPath])
  await server.start({ RELAY: 'off' })
}
const close = async (): Promise<void> => {
  for (const browser of browsers.splice(0)) await browser.close()
  await server.close()
  await lan.close()
}
test.afterEach(close)

interface Somebody {
  readonly computer: string
  readonly name: string
  /** Of the server, as that computer gets there. */
  readonly origin: string
  /** Nobody lets the page use devices, so that it hides its addresses. */
  readonly isHidden?: boolean
}

const openOn = async ({ computer, name, origin, isHidden = false }: Somebody): Promise<CallPage> => {
  const browser = await chromium.launch({
    executablePath: await lan.wrapper(computer, chromiumPath),
    // The network of the test has no certificates; the desktop app needs none, a browser gives devices only to a secure page.
    args: [
      ...chromiumArgs.filter((arg) => !isHidden || arg !== '--use-fake-ui-for-media-stream'),
      ...(isHidden ? ['--deny-permission-prompts'] : []),
      `--unsafely-treat-insecure-origin-as-secure=${origin}`,
    ],
  })
  browsers.push(browser)
  const context = await browser.newContext({ viewport: { width: 1024, height: 640 } })
  return new CallPage(await context.newPage(), name)
}

/** Ann hosts, Ben comes; answers when Ben asked to be let in. */
const meet = async (ann: Somebody, ben: Somebody): Promise<{ ann: CallPage; ben: CallPage; at: number }> => {
  const [here, there] = [await openOn(ann), await openOn(ben)]
  await here.page.goto(ann.origin)
  const name = here.page.getByRole('textbox', { name: 'Your name' })
  await expect(name.or(here.button('Host a meeting')).first()).toBeVisible()
  if (await name.isVisible()) await name.fill(ann.name)
  await here.button('Host a meeting').click()
  await here
    .button(/^Join( without.*)?$/)
    .first()
    .click()
  await expect(here.button('Leave')).toBeVisible()
  const { pathname, hash } = new URL(here.page.url())
  await there.openGreenRoom(`${ben.origin}${pathname}${hash}`)
  const at = Date.now()
  await there
    .button(/^Join( without.*)?$/)
    .first()
    .click()
  await expect(there.button('Leave')).toBeVisible()
  return { ann: here, ben: there, at }
}

const originOf = (address: string): string =>
  `http://${address.includes(':') ? `[${address}]` : address}:${server.port}`

interface Case {
  readonly title: string
  readonly versions?: IpVersions
  readonly prepare: () => Promise<void>
  readonly isHidden?: boolean
  /** How Ben's computer gets to the server; as Ann's does when it does not say. */
  readonly serverForBen?: () => string
  /** On the tile of the other: on Ann's screen, on Ben's. */
  readonly onAnns: string
  readonly onBens: string
}

const cases: readonly Case[] = [
  {
    title: 'a network that keeps its computers apart',
    prepare: async () => await lan.isolate('ann', 'ben'),
    onAnns: 'The network keeps you apart',
    onBens: 'The network keeps you apart',
  },
  {
    title: 'a firewall that lets nothing in',
    prepare: async () => await lan.block('ben', 'meta l4proto udp'),
    onAnns: 'Ben’s firewall is in the way',
    onBens: 'Your firewall is in the way',
  },
  {
    title: 'the firewall of who hosts',
    prepare: async () => await lan.block('ann', 'meta l4proto udp'),
    onAnns: 'Your firewall is in the way',
    onBens: 'Ann’s firewall is in the way',
  },
  {
    title: 'another network',
    prepare: async () => {
      await lan.in('server', 'ip', 'address', 'add', '10.81.0.254/24', 'dev', 'eth0')
      await lan.in('ben', 'ip', 'address', 'flush', 'dev', 'eth0')
      await lan.in('ben', 'ip', 'address', 'add', '10.81.0.7/24', 'dev', 'eth0')
      await lan.in('ben', 'ip', 'route', 'replace', 'default', 'via', '10.81.0.254')
    },
    serverForBen: () => '10.81.0.254',
    onAnns: 'You are on different networks',
    onBens: 'You are on different networks',
  },
  {
    title: 'IPv6 alone against IPv4 alone',
    versions: 'both',
    prepare: async () => {
      await lan.in('ann', 'sysctl', '-qw', 'net.ipv6.conf.eth0.disable_ipv6=1')
      await lan.in('ben', 'ip', '-4', 'address', 'flush', 'dev', 'eth0')
    },
    serverForBen: () => lan.address6('server'),
    onAnns: 'One has IPv4 only, one IPv6 only',
    onBens: 'One has IPv4 only, one IPv6 only',
  },
  {
    title: 'blocked multicast, and addresses that both browsers hide',
    isHidden: true,
    prepare: async () => {
      await lan.block('ann', 'udp dport 5353')
      await lan.block('ben', 'udp dport 5353')
    },
    onAnns: 'The network hides you from each other',
    onBens: 'The network hides you from each other',
  },
]

/** Answers what both screens say 8 s after Ben asked to be let in, or earlier when it is what is expected. */
const namedIn = async ({ versions, prepare, isHidden = false, serverForBen, onAnns, onBens }: Case) => {
  await startLan(['ann', 'ben'], versions)
  await prepare()
  const origin = originOf(lan.address('server'))
  const originForBen = serverForBen ? originOf(serverForBen()) : origin
  const { ann, ben, at } = await meet(
    { computer: 'ann', name: 'Ann', origin, isHidden },
    { computer: 'ben', name: 'Ben', origin: originForBen, isHidden },
  )
  const within = () => ({ timeout: Math.max(1, at + NAMED_WITHIN_MS - Date.now()) })
  const isNamed = await Promise.all([
    ann.tile('Ben').getByText(onAnns, { exact: true }).waitFor(within()),
    ben.tile('Ann').getByText(onBens, { exact: true }).waitFor(within()),
  ]).then(
    () => true,
    () => false,
  )
  const tookMs = Date.now() - at
  const shown = [await ann.tile('Ben').innerText(), await ben.tile('Ann').innerText()]
  if (isNamed) {
    await ann.tile('Ben').getByRole('button', { name: /^Why/ }).click()
    await expect(ann.page.getByRole('dialog', { name: 'Connection to Ben' }).getByText('What to do')).toBeVisible()
  }
  return { isNamed, tookMs, shown }
}

test('whatever keeps two people apart is named on both screens within 8 s', async () => {
  test.setTimeout(cases.length * 90_000)
  const wrong: string[] = []
  for (const each of cases) {
    const { isNamed, tookMs, shown } = await namedIn(each)
    console.log(`    ${each.title}: ${isNamed ? `named after ${tookMs} ms` : `not named, ${JSON.stringify(shown)}`}`)
    if (!isNamed) wrong.push(each.title)
    await close()
  }
  console.log(`    ${cases.length - wrong.length} of ${cases.length} causes right`)
  expect(wrong).toEqual([])
})

test('no cause is ever named between people whom nothing keeps apart', async () => {
  const names = ['ann', 'ben', 'cleo', 'dora']
  await startLan(names)
  const origin = originOf(lan.address('server'))
  const alarms: string[] = []
  const pages: CallPage[] = []
  let roomUrl = ''
  for (const computer of names) {
    const person = await openOn({ computer, name: computer, origin })
    pages.push(person)
    await person.page.exposeFunction('alarm', (text: string) => alarms.push(`${computer}: ${text}`))
    await person.page.addInitScript(() => {
      setInterval(() => {
        for (const button of document.querySelectorAll('button[aria-label^="Why?"]'))
          (window as unknown as { alarm: (text: string) => void }).alarm(
            button.closest('[role=group]')?.textContent ?? '',
          )
      }, 100)
    })
    if (roomUrl === '') roomUrl = await person.host(origin)
    else await person.join(roomUrl)
  }
  for (const person of pages) await person.expectPeople(...names.filter((name) => name !== person.name))
  for (const person of pages) for (const name of names) if (name !== person.name) await person.expectMoving(name)
  // Longer than it takes to name a cause.
  const until = Date.now() + NAMED_WITHIN_MS
  await expect.poll(() => Date.now(), { timeout: NAMED_WITHIN_MS * 2 }).toBeGreaterThan(until)
  expect(alarms).toEqual([])
  console.log(`    ${alarms.length} false alarms in ${(names.length * (names.length - 1)) / 2} healthy pairs`)
})
