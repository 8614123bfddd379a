import { randomBytes } from 'node:crypto'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { homeSizeKb } from '#build/page-size.ts'

/** Random text of that many kB, which gzip cannot make much smaller than three quarters. */
const filler = (kB: number) => `/*${randomBytes((kB * 3000) / 4).toString('base64')}*/`

test('counts what the page opens with, imports of imports included, and not what it loads later', async () => {
  const root = await mkdtemp(join(tmpdir(), 'earshot-size-'))
  onTestFinished(async () => {
    await rm(root, { recursive: true })
  })
  await mkdir(join(root, 'assets'))
  const files = {
    'index.html':
      '<script type="module" crossorigin src="/assets/a.js"></script><link rel="stylesheet" href="/assets/a.css">',
    'assets/a.js': `import{x}from"./b.js";import("./later.js");${filler(10)}`,
    'assets/b.js': `import"./c.js";${filler(20)}`,
    'assets/c.js': `import"./b.js";${filler(40)}`,
    'assets/a.css': filler(80),
    'assets/later.js': filler(400),
  }
  for (const [path, text] of Object.entries(files)) await writeFile(join(root, path), text)
  const expected = 150 * 0.76
  expect(homeSizeKb(root)).toBeGreaterThan(expected * 0.95)
  expect(homeSizeKb(root)).toBeLessThan(expected * 1.05)
})
