import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses'
import { Arch, build, Platform, type Configuration } from 'electron-builder'
import { createPackaging } from '../electron-builder.config.ts'
import { fuses } from './after-pack.ts'
import { listAsar } from './asar-header.ts'
import { writeHollowElectron } from './hollow-electron.ts'

/** What one package holds, as far as it can be read without running it. */
export interface PackageContent {
  /** Files in app.asar. */
  readonly files: readonly string[]
  /** Those of them that lie beside app.asar, as libraries have to. */
  readonly unpacked: readonly string[]
  /** The library that this package is to have. */
  readonly library: string
  /** Fuses that are not as build/after-pack.ts wants them. */
  readonly wrongFuses: readonly string[]
  /** macOS only: the text of Info.plist. */
  readonly infoPlist: string | null
}

const places = {
  linux: { folder: 'linux-unpacked', program: 'earshot', asar: 'resources/app.asar', plist: null },
  darwin: {
    folder: 'mac',
    program: 'Earshot.app',
    asar: 'Earshot.app/Contents/Resources/app.asar',
    plist: 'Earshot.app/Contents/Info.plist',
  },
} as const

const fuseNames = Object.keys(FuseV1Options).filter((name) =>
  Number.isNaN(Number(name)),
) as (keyof typeof FuseV1Options)[]

const findWrongFuses = async (program: string): Promise<string[]> => {
  const wire = await getCurrentFuseWire(program)
  const stateOf = (isOn: boolean) => (isOn ? FuseState.ENABLE : FuseState.DISABLE)
  return fuseNames.filter((name) => wire[FuseV1Options[name]] !== stateOf(fuses[FuseV1Options[name]]))
}

const pack = async (platform: 'linux' | 'darwin', work: string): Promise<void> => {
  await writeHollowElectron(join(work, 'electron'), platform)
  const packaging = createPackaging()
  const config: Configuration = {
    ...packaging,
    directories: { ...packaging.directories, output: join(work, 'release') },
    electronDist: join(work, 'electron'),
    // There is nothing to sign in a hollow app.
    mac: { ...packaging.mac, identity: null },
  }
  const system = platform === 'linux' ? Platform.LINUX : Platform.MAC
  await build({ targets: system.createTarget('dir', Arch.x64), config, publish: 'never' })
}

/** Files below a folder, `/` between folders; none when it is not there. */
const listFolder = async (folder: string): Promise<string[]> => {
  if (!existsSync(folder)) return []
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
}

/**
 * Packs what dist/ holds for one system around a hollow Electron, with the real configuration, and reads back what came
 * of it. Unchecked stay: whether the app starts, the installers (dmg, nsis, deb, AppImage), signatures.
 */
export const packHollow = async (platform: 'linux' | 'darwin'): Promise<PackageContent> => {
  const work = await mkdtemp(join(tmpdir(), 'earshot-pack-'))
  const { folder, program, asar, plist } = places[platform]
  const packed = (...path: string[]) => join(work, 'release', folder, ...path)
  try {
    await pack(platform, work)
    return {
      files: await listAsar(packed(asar)),
      unpacked: await listFolder(packed(`${asar}.unpacked`)),
      library: `dist/electron/prebuilds/${platform}-x64.node`,
      wrongFuses: await findWrongFuses(packed(program)),
      infoPlist: plist === null ? null : await readFile(packed(plist), 'utf8'),
    }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

const wantedFiles = [
  'package.json',
  'dist/electron/main.js',
  'dist/electron/host-process.js',
  'dist/electron/preload.cjs',
  'dist/renderer/index.html',
]
const allowedFiles =
  /^(package\.json|dist\/electron\/(main|host-process)\.js|dist\/electron\/preload\.cjs|dist\/renderer\/.+(?<!\.map|\.ts))$/
const wantedKeys = [
  'NSCameraUsageDescription',
  'NSMicrophoneUsageDescription',
  'NSAudioCaptureUsageDescription',
  'NSLocalNetworkUsageDescription',
  'NSBonjourServices',
  '<string>earshot</string>',
  '<string>13.0.0</string>',
  '<string>app.earshot.Earshot</string>',
  'ElectronAsarIntegrity',
]

/** Says what is wrong with a package; empty when nothing is. */
export const findProblems = ({ files, unpacked, library, wrongFuses, infoPlist }: PackageContent): string[] => [
  ...[...wantedFiles, library].filter((file) => !files.includes(file)).map((file) => `${file} is missing`),
  ...files
    .filter((file) => !allowedFiles.test(file) && file !== library)
    .map((file) => `${file} should not be in the package`),
  ...(unpacked.join() === library ? [] : [`beside the archive is ${unpacked.join(' and ') || 'nothing'}`]),
  ...wrongFuses.map((fuse) => `the fuse ${fuse} is not as wanted`),
  ...(infoPlist === null
    ? []
    : wantedKeys.filter((key) => !infoPlist.includes(key)).map((key) => `Info.plist lacks ${key}`)),
]
