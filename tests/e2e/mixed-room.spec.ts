import type { CallPage } from '../helpers/call-page.ts'
import { BarePage, BareSite } from '../helpers/bare-site.ts'
import { expect, test as base } from '../helpers/call-test.ts'

const ROOM = 'visit 42'

const test = base.extend<{ site: BareSite }>({
  site: async ({ browserName: _ }, use) => {
    const site = await BareSite.open()
    await use(site)
    await site.close()
  },
})

/** Picture and sound of `count` others keep coming in; of who was there before, nothing does. */
const expectFlowing = async (client: BarePage, count: number): Promise<void> => {
  const before = new Map((await client.measure()).map(({ id, frames }) => [id, frames]))
  await expect
    .poll(
      async () => {
        const measured = await client.measure()
        return measured.filter(({ id, frames, sound }) => frames > (before.get(id) ?? 0) + 10 && sound > 0).length
      },
      { message: `frames and sound from each other at ${client.name}`, timeout: 20_000 },
    )
    .toBe(count)
}

const expectAllFlowing = async (dora: CallPage, bare: readonly BarePage[]): Promise<void> => {
  await dora.expectPeople(...bare.map(({ name }) => name))
  for (const { name } of bare) {
    await dora.expectMoving(name)
    await dora.expectHeard(name)
  }
  for (const client of bare) {
    await expectFlowing(client, bare.length)
    expect(await client.errors(), client.name).toEqual([])
  }
}

const systems = [
  { module: 'appointment-client', name: 'Ann' },
  { module: 'sse-device', name: 'kiosk-7' },
  { module: 'user-client', name: 'cleo' },
] as const

/** Where in the order of coming in the page of ours stands. */
for (const [place, title] of [
  [3, 'last'],
  [1, 'second'],
] as const)
  test(`an appointment client, an SSE device, a calling user and Earshot's page see and hear each other, Earshot ${title}`, async ({
    server,
    site,
    person,
  }) => {
    await server.kill()
    await server.start({ CLIENT_URL: site.origin })
    const bare: BarePage[] = []
    let dora: CallPage | null = null
    for (let turn = 0; turn <= systems.length; turn++) {
      if (turn === place) {
        dora = await person('Dora')
        await dora.page.goto(`${server.url}/r/${encodeURIComponent(ROOM)}/?name=Dora`)
        await expect(dora.page.getByText('You join as Dora.')).toBeVisible()
        await expect(dora.page.getByText(systems[0].name)).toBeVisible()
        await dora.pressJoin()
      }
      const system = systems[turn]
      if (system === undefined) break
      const client = new BarePage((await person(system.name)).page, system.name)
      await client.join(site.origin, system.module, server.url, ROOM)
      bare.push(client)
    }
    if (!dora) throw new Error('Dora never came')
    await expectAllFlowing(dora, bare)

    // They know no way to connect to somebody anew, and need none: whoever loads the page anew is somebody new.
    await dora.page.reload()
    await expect(dora.button('Leave')).toBeVisible()
    await expectAllFlowing(dora, bare)

    // Nobody of them says goodbye over a link; the server does.
    await bare[2]?.leave()
    await expect(dora.tile('cleo')).toHaveCount(0)
    await bare[0]?.leave()
    await expect(dora.tile('Ann')).toHaveCount(0)
    await dora.expectMoving('kiosk-7')
  })
