import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright'

/** How one drawn person looks; colours as CSS has them. */
interface Look {
  readonly wall: string
  readonly skin: string
  readonly hair: string
  readonly clothes: string
  /** SVG path of the hair in front of the head, on a 1280 x 720 picture with the face around (640, 320). */
  readonly hairShape: string
  /** What stands behind them, as SVG. */
  readonly room: string
}

const bookshelf = `
  <rect x="60" y="90" width="300" height="16" rx="4" fill="#6b4f3a"/><rect x="60" y="250" width="300" height="16" rx="4" fill="#6b4f3a"/>
  <rect x="84" y="18" width="28" height="72" fill="#b5543c"/><rect x="116" y="30" width="22" height="60" fill="#e0b354"/>
  <rect x="142" y="10" width="34" height="80" fill="#3f6f8f"/><rect x="182" y="36" width="20" height="54" fill="#8aa66b"/>
  <rect x="250" y="170" width="30" height="80" fill="#8c5a86"/><rect x="284" y="182" width="24" height="68" fill="#d98f5c"/>
  <path d="M110 250 q-4 -70 30 -84 q34 14 30 84z" fill="#4f8f6b"/><rect x="112" y="214" width="56" height="36" rx="6" fill="#e8e2d6"/>`
const view = `
  <rect x="900" y="40" width="300" height="360" rx="10" fill="#f4f1ea"/><rect x="918" y="58" width="126" height="324" fill="#bfe0ee"/>
  <rect x="1056" y="58" width="126" height="324" fill="#bfe0ee"/><circle cx="1130" cy="120" r="30" fill="#fdf3c9"/>
  <path d="M918 382 q60 -90 126 -30 v30z M1056 382 q50 -110 126 -50 v50z" fill="#86b88c"/>`
const plantAndPicture = `
  <rect x="120" y="80" width="220" height="160" rx="6" fill="#f7f3ea"/><rect x="136" y="96" width="188" height="128" fill="#e2a07a"/>
  <circle cx="200" cy="150" r="34" fill="#f6d7a7"/><path d="M136 224 l70 -64 50 40 68 -76 v100z" fill="#5b7f95"/>
  <path d="M1060 720 q-90 -240 -10 -330 q30 120 30 330z M1080 720 q30 -300 130 -330 q10 160 -90 330z" fill="#3f7a58"/>
  <path d="M1010 640 h150 l-20 80 h-110z" fill="#c9744f"/>`

const looks = {
  ben: {
    wall: '#d9cbb8',
    skin: '#8d5a3c',
    hair: '#231a16',
    clothes: '#3f5f7f',
    hairShape: 'M520 300 q-6 -150 120 -152 q126 2 120 152 q-20 -70 -60 -84 q-60 18 -120 0 q-44 16 -60 84z',
    room: bookshelf + view,
  },
  cleo: {
    wall: '#c9d8d2',
    skin: '#f0c4a2',
    hair: '#a4572d',
    clothes: '#b8506a',
    hairShape:
      'M505 520 q-30 -380 135 -384 q165 4 135 384 q-40 10 -52 -30 q20 -150 -4 -220 q-70 10 -130 -40 q-30 50 -32 80 q-6 100 4 180 q-16 40 -56 30z',
    room: plantAndPicture,
  },
  ann: {
    wall: '#cfd3e4',
    skin: '#dba57c',
    hair: '#3a2a22',
    clothes: '#4d8a72',
    hairShape: 'M515 360 q-20 -216 125 -218 q145 2 125 218 q-6 -90 -50 -120 q-40 34 -150 20 q-46 30 -50 100z',
    room: `<g transform="translate(1280 0) scale(-1 1)">${bookshelf}${view}</g>`,
  },
} satisfies Record<string, Look>
export type PersonName = keyof typeof looks

const draw = ({ wall, skin, hair, clothes, hairShape, room }: Look, sway: number): string => `
  <svg xmlns="http://www.w3.org/2000/svg" width="1280" height="720" viewBox="0 0 1280 720">
    <rect width="1280" height="720" fill="${wall}"/>${room}
    <g transform="translate(${sway} ${Math.abs(sway) / 2})">
      <path d="M330 720 q10 -190 200 -216 h220 q190 26 200 216z" fill="${clothes}"/>
      <path d="M580 430 h120 v80 q-60 50 -120 0z" fill="${skin}"/><path d="M580 452 q60 50 120 0 v18 q-60 44 -120 0z" fill="#000" opacity=".12"/>
      <ellipse cx="640" cy="330" rx="116" ry="146" fill="${skin}"/>
      <circle cx="598" cy="320" r="11" fill="#221a16"/><circle cx="682" cy="320" r="11" fill="#221a16"/>
      <path d="M578 290 q20 -12 40 0 M662 290 q20 -12 40 0" stroke="${hair}" stroke-width="8" fill="none" stroke-linecap="round"/>
      <path d="M636 330 q-8 36 -4 44 q8 6 18 2" stroke="#000" stroke-opacity=".25" stroke-width="6" fill="none" stroke-linecap="round"/>
      <path d="M596 404 q44 ${36 + sway} 88 0 q-44 12 -88 0z" fill="#7c2f2f"/>
      <path d="${hairShape}" fill="${hair}"/>
    </g>
  </svg>`

/**
 * Draws a person who moves a little, as a film that Chromium takes for its camera (`--use-file-for-fake-video-capture`):
 * a `.mjpeg` file is JPEG pictures one after the other. Answers its path.
 */
export const drawPortrait = async (browser: Browser, name: PersonName, folder: string): Promise<string> => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } })
  const frames: Buffer[] = []
  for (const sway of [0, 2, 4, 5, 4, 2, 0, -2, -4, -5, -4, -2]) {
    await page.setContent(`<body style="margin:0">${draw(looks[name], sway)}</body>`)
    frames.push(await page.screenshot({ type: 'jpeg', quality: 90 }))
  }
  await page.close()
  const path = join(folder, `${name}.mjpeg`)
  await writeFile(path, Buffer.concat(frames))
  return path
}
