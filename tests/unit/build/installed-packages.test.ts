import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { missingPackages, rememberInstallation } from '#build/installed-packages.mjs'

const locked = {
  '': { dependencies: { a: '1.0.0' } },
  'node_modules/a': { version: '1.0.0' },
  'node_modules/a/node_modules/b': { version: '2.0.0' },
  'node_modules/for-windows': { version: '1.0.0', optional: true },
  'node_modules/nobody-asks-for': { version: '1.0.0', extraneous: true },
}

const project = async (installed: unknown) => {
  const root = await mkdtemp(join(tmpdir(), 'earshot-packages-'))
  onTestFinished(async () => {
    await rm(root, { recursive: true })
  })
  const write = (path: string, value: unknown) => writeFile(join(root, path), JSON.stringify(value))
  await mkdir(join(root, 'node_modules'))
  await write('package.json', { dependencies: { a: '1.0.0' } })
  await write('package-lock.json', { packages: locked })
  if (installed !== undefined) await write('node_modules/.package-lock.json', { packages: installed })
  return root
}

test('nothing is missing when each package is there in its version', async () => {
  expect(missingPackages(await project(locked))).toEqual([])
})

test('everything is missing before the first installation, but for what is for other systems', async () => {
  const root = await project(undefined)
  expect(missingPackages(root)).toEqual(['node_modules/a', 'node_modules/a/node_modules/b'])
})

test('a package in another version is missing', async () => {
  const root = await project({ ...locked, 'node_modules/a': { version: '0.9.0' } })
  expect(missingPackages(root)).toEqual(['node_modules/a'])
})

test('what an installation left out on purpose is not missing after it', async () => {
  const root = await project({})
  rememberInstallation(root)
  expect(missingPackages(root)).toEqual([])
})

test('an installation is not good for another package.json', async () => {
  const root = await project({})
  rememberInstallation(root)
  await writeFile(join(root, 'package.json'), JSON.stringify({ dependencies: { a: '2.0.0' } }))
  expect(missingPackages(root)).not.toEqual([])
})
