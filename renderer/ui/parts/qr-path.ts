import { encode } from 'uqr'

/** ISO/IEC 18004, section 6.3.8: four modules of white on every side. */
const QUIET_ZONE = 4

interface QrPath {
  /** Modules on each side, the white border among them. */
  readonly size: number
  /** Path of the dark modules, one module a unit. */
  readonly path: string
}

/**
 * A QR code as one SVG path: each run of dark modules in a row is one rectangle. As few modules as it takes, and what
 * room is left in them goes into error correction. Throws above 2,953 bytes.
 */
export const qrPathOf = (text: string): QrPath => {
  const { size, data } = encode(text, { ecc: 'L', boostEcc: true, border: QUIET_ZONE })
  let path = ''
  data.forEach((row, y) => {
    for (let x = 0; x < size; x += 1) {
      const start = x
      while (row[x]) x += 1
      if (x > start) path += `M${start} ${y}h${x - start}v1H${start}z`
    }
  })
  return { size, path }
}
