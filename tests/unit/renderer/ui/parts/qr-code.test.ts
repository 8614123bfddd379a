import jsQR from 'jsqr'
import { mount, unmount } from 'svelte'
import { expect, onTestFinished, test } from 'vitest'
import { page as screen } from 'vitest/browser'
import QrCode from '#renderer/ui/parts/QrCode.svelte'
import { qrPathOf } from '#renderer/ui/parts/qr-path.ts'

/** An invitation of a host with eight addresses, four of them IPv6: the longest there are. */
const longest = `https://192.168.1.20:8001/r/k7mq2xvd9thr#${'AQP3p2kWm3lQx9ZJ0fWb1uYIlWqv'.padEnd(204, 'N7xEjRWeJCrze8SNFZ4k')}`
const usual =
  'https://192.168.1.20:8001/r/k7mq2xvd9thr#AQP3p2kWm3lQx9ZJ0fWb1uYIlWqvN7xEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA'

/** What a screenshot of it shows, drawn anew at so many pixels a module. */
const photograph = async (modules: number, pixelsPerModule: number): Promise<ImageData> => {
  const base64 = await screen.getByRole('img', { name: 'code' }).screenshot({ save: false })
  const picture = new Image()
  picture.src = `data:image/png;base64,${base64}`
  await picture.decode()
  const side = Math.round(modules * pixelsPerModule)
  const context = new OffscreenCanvas(side, side).getContext('2d')!
  context.imageSmoothingQuality = 'high'
  context.drawImage(picture, 0, 0, side, side)
  return context.getImageData(0, 0, side, side)
}
const show = (props: { text: string; minWidth: number }) => {
  const target = document.createElement('div')
  document.body.append(target)
  const code = mount(QrCode, { target, props: { ...props, label: 'code' } })
  onTestFinished(async () => {
    await unmount(code)
    target.remove()
  })
}

test.each([
  ['of the usual length', usual],
  ['of the greatest length', longest],
])('an invitation %s is read at the size that a phone sees from two metres', async (_, text) => {
  show({ text, minWidth: 240 })
  const { data, width, height } = await photograph(qrPathOf(text).size, 2.2)
  expect(jsQR(data, width, height)?.data).toBe(text)
})

test('every module is the same whole number of pixels wide, and the whole no smaller than asked for', () => {
  show({ text: usual, minWidth: 240 })
  const { width } = screen.getByRole('img', { name: 'code' }).element().getBoundingClientRect()
  expect(width).toBeGreaterThanOrEqual(240)
  expect(width % qrPathOf(usual).size).toBe(0)
})

test('it is dark on white with four modules of white around, whatever stands behind', async () => {
  document.body.style.background = 'black'
  onTestFinished(() => document.body.removeAttribute('style'))
  show({ text: usual, minWidth: 240 })
  const { data, width } = await photograph(qrPathOf(usual).size, 1)
  const redAt = (x: number, y: number) => data[(y * width + x) * 4]
  for (let at = 0; at < width; at += 1) {
    for (const edge of [0, 3, width - 4, width - 1]) {
      expect(redAt(at, edge), `row ${String(edge)}`).toBe(255)
      expect(redAt(edge, at), `column ${String(edge)}`).toBe(255)
    }
  }
  expect(redAt(4, 4)).toBeLessThan(32)
})
