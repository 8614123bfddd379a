import { existsSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { buildDesktop, buildPage } from '#build/build.ts'
import { findProblems, packHollow, type PackageContent } from '#build/dist-check.ts'

beforeAll(async () => {
  if (!existsSync('dist/renderer/index.html')) await buildPage()
  if (!existsSync('dist/electron/main.js')) await buildDesktop()
}, 60_000)

// Packing for macOS and Linux takes symbolic links, which Windows gives to administrators only.
describe.skipIf(process.platform === 'win32')('packed around a hollow Electron', () => {
  test.each(['linux', 'darwin'] as const)(
    'the %s package holds the app and nothing else, with every fuse set',
    async (platform) => {
      expect(findProblems(await packHollow(platform))).toEqual([])
    },
    60_000,
  )
})

describe('findProblems', () => {
  const good: PackageContent = {
    files: [
      'package.json',
      'dist/electron/main.js',
      'dist/electron/host-process.js',
      'dist/electron/preload.cjs',
      'dist/renderer/index.html',
      'dist/renderer/assets/index-abc.js',
      'dist/electron/prebuilds/linux-x64.node',
    ],
    unpacked: ['dist/electron/prebuilds/linux-x64.node'],
    library: 'dist/electron/prebuilds/linux-x64.node',
    wrongFuses: [],
    infoPlist: null,
  }

  test('finds none in a package as it should be', () => {
    expect(findProblems(good)).toEqual([])
  })

  test.each([
    'node_modules/ws/index.js',
    'electron/main.ts',
    'dist/renderer/index.js.map',
    '.env',
    'dist/electron/main.js.map',
    'dist/electron/prebuilds/win32-x64.node',
  ])('names %s, which should not be there', (file) =>
    expect(findProblems({ ...good, files: [...good.files, file] })).toEqual([`${file} should not be in the package`]),
  )

  test('names what is missing, fuses that are not set, and what Info.plist lacks', () => {
    expect(findProblems({ ...good, files: good.files.filter((file) => !file.endsWith('.cjs')) })).toEqual([
      'dist/electron/preload.cjs is missing',
    ])
    expect(findProblems({ ...good, unpacked: [] })).toEqual(['beside the archive is nothing'])
    expect(findProblems({ ...good, wrongFuses: ['RunAsNode'] })).toEqual(['the fuse RunAsNode is not as wanted'])
    expect(findProblems({ ...good, infoPlist: '<plist/>' })).toContain('Info.plist lacks NSCameraUsageDescription')
  })
})
