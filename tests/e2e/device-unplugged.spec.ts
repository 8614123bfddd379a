import { expect, test } from '../helpers/call-test.ts'

test('a camera that ends mid-call is said on the own screen, and the call goes on', async ({ server, person }) => {
  const ann = await person('Ann')
  // The fake camera cannot be pulled out; ending its track from outside is what the browser does then.
  await ann.page.addInitScript(() => {
    const devices = navigator.mediaDevices
    const open = devices.getUserMedia.bind(devices)
    const tracks: MediaStreamTrack[] = []
    let isPlugged = true
    devices.getUserMedia = async (constraints) => {
      if (!isPlugged && constraints?.video) throw new DOMException('gone', 'NotFoundError')
      const stream = await open(constraints)
      tracks.push(...stream.getVideoTracks())
      return stream
    }
    const list = devices.enumerateDevices.bind(devices)
    devices.enumerateDevices = async () => (await list()).filter(({ kind }) => isPlugged || kind !== 'videoinput')
    Object.assign(window, {
      plug: (isIn: boolean) => {
        isPlugged = isIn
        if (!isIn) {
          for (const track of tracks.splice(0)) {
            track.stop()
            track.dispatchEvent(new Event('ended'))
          }
        }
        devices.dispatchEvent(new Event('devicechange'))
      },
    })
  })
  const ben = await person('Ben')
  const roomUrl = await ann.host(server.url)
  await ben.join(roomUrl)
  await ben.expectMoving('Ann')

  await ann.page.evaluate('plug(false)')
  await expect(
    ann.page
      .getByText(/camera/i)
      .filter({ hasText: /unplugged|disconnected|no longer|gone/i })
      .first(),
  ).toBeVisible()
  await ben.expectHeard('Ann')
  await ann.expectMoving('Ben')

  await ann.page.evaluate('plug(true)')
  await ben.expectMoving('Ann')
})
