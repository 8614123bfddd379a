import { mkdir, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { buildIfStale, type Target } from '#build/stale.ts'

const target: Target = { inputs: ['sources', 'config.json'], output: 'dist/page.html', stamp: 'dist/page.stamp' }

const setUp = async () => {
  const root = await mkdtemp(join(tmpdir(), 'earshot-stale-'))
  onTestFinished(async () => {
    await rm(root, { recursive: true })
  })
  await mkdir(join(root, 'sources', 'deep'), { recursive: true })
  await mkdir(join(root, 'dist'))
  await writeFile(join(root, 'sources', 'deep', 'a.ts'), 'a')
  const build = () => buildIfStale(root, target, () => writeFile(join(root, 'dist', 'page.html'), 'built'))
  return { root, build }
}

test('builds the first time and not again', async () => {
  const { build } = await setUp()
  expect([await build(), await build()]).toEqual([true, false])
})

test('builds again after a file deep inside was edited', async () => {
  const { root, build } = await setUp()
  await build()
  await utimes(join(root, 'sources', 'deep', 'a.ts'), new Date(), new Date(Date.now() + 5000))
  expect([await build(), await build()]).toEqual([true, false])
})

test('builds again after a file was renamed, which leaves its date as it was', async () => {
  const { root, build } = await setUp()
  await build()
  await rename(join(root, 'sources', 'deep', 'a.ts'), join(root, 'sources', 'deep', 'b.ts'))
  expect(await build()).toBe(true)
})

test('builds again when what was built is gone', async () => {
  const { root, build } = await setUp()
  await build()
  await rm(join(root, 'dist', 'page.html'))
  expect(await build()).toBe(true)
})

test('stays stale after a build that failed', async () => {
  const { root, build } = await setUp()
  await expect(buildIfStale(root, target, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await build()).toBe(true)
})
