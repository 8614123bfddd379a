import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createEmptyAsar } from './asar-header.ts'

/** What marks the fuses in a real binary (@electron/fuses, constants.js), then version 1, nine fuses, all at "1". */
const FUSE_WIRE = Buffer.concat([
  Buffer.from('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'),
  Buffer.from([1, 9]),
  Buffer.from('111111111'),
])

/** The head of a 64-bit little-endian ELF program for x86-64; there is nothing behind it to run. */
const ELF_HEAD = Buffer.from('7f454c4602010100000000000000000002003e0001000000'.padEnd(128, '0'), 'hex')

const plist = (entries: Readonly<Record<string, string>>): string => `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>${Object.entries(entries)
  .map(([key, value]) => `<key>${key}</key><string>${value}</string>`)
  .join('')}</dict></plist>
`

const write = async (file: string, content: string | Buffer): Promise<void> => {
  await mkdir(join(file, '..'), { recursive: true })
  await writeFile(file, content, { mode: 0o755 })
}

const writeMacApp = async (folder: string): Promise<void> => {
  const contents = join(folder, 'Electron.app', 'Contents')
  await write(join(contents, 'Info.plist'), plist({ CFBundleExecutable: 'Electron', CFBundleName: 'Electron' }))
  await write(join(contents, 'MacOS', 'Electron'), FUSE_WIRE)
  await write(join(contents, 'Resources', 'default_app.asar'), createEmptyAsar())
  await write(join(contents, 'Frameworks', 'Electron Framework.framework', 'Electron Framework'), FUSE_WIRE)
  for (const helper of ['', ' (GPU)', ' (Plugin)', ' (Renderer)']) {
    const name = `Electron Helper${helper}`
    const inside = join(contents, 'Frameworks', `${name}.app`, 'Contents')
    await write(join(inside, 'Info.plist'), plist({ CFBundleExecutable: name }))
    await write(join(inside, 'MacOS', name), FUSE_WIRE)
  }
}

/**
 * Writes a folder that electron-builder takes for an unpacked Electron: the files it touches, with nothing in them to
 * run. So that packaging can be checked where the real binary cannot be had.
 */
export const writeHollowElectron = async (folder: string, platform: 'linux' | 'darwin'): Promise<void> => {
  if (platform === 'darwin') return writeMacApp(folder)
  await write(join(folder, 'electron'), Buffer.concat([ELF_HEAD, FUSE_WIRE]))
  await write(join(folder, 'chrome-sandbox'), ELF_HEAD)
  await write(join(folder, 'resources', 'default_app.asar'), createEmptyAsar())
}
