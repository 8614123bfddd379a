import { open } from 'node:fs/promises'

interface AsarFolder {
  readonly files: Readonly<Record<string, AsarFolder | { readonly size: number }>>
}

/** An asar begins with its own sizes (Chromium's Pickle format: little-endian, 4 bytes each), then a JSON of its files. */
export const createEmptyAsar = (): Buffer => {
  const json = '{"files":{}}'
  const padded = Math.ceil(json.length / 4) * 4
  const archive = Buffer.alloc(16 + padded)
  archive.writeUInt32LE(4, 0)
  archive.writeUInt32LE(padded + 8, 4)
  archive.writeUInt32LE(padded + 4, 8)
  archive.writeUInt32LE(json.length, 12)
  archive.write(json, 16)
  return archive
}

const list = (folder: AsarFolder, path: string): string[] =>
  Object.entries(folder.files).flatMap(([name, entry]) =>
    'files' in entry ? list(entry, `${path}${name}/`) : [`${path}${name}`],
  )

/** Lists the files in an asar, `/` between folders. */
export const listAsar = async (file: string): Promise<string[]> => {
  const archive = await open(file)
  try {
    const sizes = Buffer.alloc(16)
    await archive.read(sizes, 0, 16, 0)
    const json = Buffer.alloc(sizes.readUInt32LE(12))
    await archive.read(json, 0, json.length, 16)
    return list(JSON.parse(json.toString('utf8')) as AsarFolder, '')
  } finally {
    await archive.close()
  }
}
