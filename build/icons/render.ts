/**
 * Draws every size of the app's icon from icon.svg: `node build/icons/render.ts`. The results are committed, because
 * electron-builder would otherwise fetch a tool for it; run again after changing the drawing.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { chromium, type Page } from 'playwright'
import { findSystemChromium } from '#build/chromium.mjs'

const folder = new URL('./', import.meta.url)
const sizes = [16, 24, 32, 48, 64, 128, 256, 512, 1024]
/** Windows Explorer's and the task bar's sizes. */
const icoSizes = [16, 24, 32, 48, 64, 256]
/** Apple Icon Image format: type of each entry and the pixels it holds (the odd ones are retina doubles). */
const icnsTypes = { ic11: 32, ic12: 64, ic07: 128, ic13: 256, ic08: 256, ic14: 512, ic09: 512, ic10: 1024 }

const draw = async (page: Page, svg: string, size: number): Promise<Buffer> => {
  await page.setViewportSize({ width: size, height: size })
  await page.setContent(`<style>body{margin:0}svg{display:block;width:100vw;height:100vh}</style>${svg}`)
  return page.screenshot({ omitBackground: true })
}

type Pictures = ReadonlyMap<number, Buffer>
const picture = (pictures: Pictures, size: number): Buffer => {
  const found = pictures.get(size)
  if (found === undefined) throw new Error(`No picture of ${String(size)} pixels`)
  return found
}

/** ICO: a header of 6 bytes, 16 bytes a picture, then the PNG files as they are (Windows Vista and later). */
const toIco = (pictures: Pictures): Buffer => {
  const header = Buffer.alloc(6 + 16 * icoSizes.length)
  header.writeUInt16LE(1, 2)
  header.writeUInt16LE(icoSizes.length, 4)
  let offset = header.length
  icoSizes.forEach((size, index) => {
    const at = 6 + 16 * index
    const { length } = picture(pictures, size)
    // 0 stands for 256.
    header.writeUInt8(size % 256, at)
    header.writeUInt8(size % 256, at + 1)
    header.writeUInt16LE(1, at + 4)
    header.writeUInt16LE(32, at + 6)
    header.writeUInt32LE(length, at + 8)
    header.writeUInt32LE(offset, at + 12)
    offset += length
  })
  return Buffer.concat([header, ...icoSizes.map((size) => picture(pictures, size))])
}

/** ICNS: `icns` and the whole length, then type, length and PNG of each entry; lengths count their own 8 bytes. */
const toIcns = (pictures: Pictures): Buffer => {
  const chunk = (type: string, body: Buffer): Buffer => {
    const head = Buffer.alloc(8)
    head.write(type, 'latin1')
    head.writeUInt32BE(body.length + 8, 4)
    return Buffer.concat([head, body])
  }
  const entries = Object.entries(icnsTypes).map(([type, size]) => chunk(type, picture(pictures, size)))
  return chunk('icns', Buffer.concat(entries))
}

const svg = await readFile(new URL('icon.svg', folder), 'utf8')
const executablePath = findSystemChromium()
const browser = await chromium.launch(executablePath === undefined ? {} : { executablePath })
const page = await browser.newPage()
const pictures = new Map<number, Buffer>()
for (const size of sizes) pictures.set(size, await draw(page, svg, size))
await browser.close()

for (const size of sizes.filter((each) => each <= 512)) {
  await writeFile(new URL(`${String(size)}x${String(size)}.png`, folder), picture(pictures, size))
}
await writeFile(new URL('icon.ico', folder), toIco(pictures))
await writeFile(new URL('icon.icns', folder), toIcns(pictures))
console.log(`Drew ${String(sizes.length)} sizes in ${fileURLToPath(folder)}`)
