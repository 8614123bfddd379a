export interface GridSpace {
  readonly count: number
  readonly width: number
  readonly height: number
  readonly gap: number
}
export interface GridLayout {
  readonly columns: number
  readonly rows: number
  /** Whole CSS pixels; every tile has the same size. */
  readonly tileWidth: number
  readonly tileHeight: number
}

/** Cameras send 16:9; wider than that would cut heads off. */
const MAX_ASPECT = 16 / 9
/** A square still holds a head and its shoulders; narrower, and two people side by side would lose theirs. */
const MIN_ASPECT = 1

const layOutIn = (space: GridSpace, columns: number): GridLayout => {
  const rows = Math.ceil(space.count / columns)
  const cellWidth = Math.max(0, (space.width - space.gap * (columns - 1)) / columns)
  const cellHeight = Math.max(0, (space.height - space.gap * (rows - 1)) / rows)
  const aspect = Math.min(MAX_ASPECT, Math.max(MIN_ASPECT, cellWidth / Math.max(cellHeight, 1)))
  return {
    columns,
    rows,
    tileWidth: Math.floor(Math.min(cellWidth, cellHeight * aspect)),
    tileHeight: Math.floor(Math.min(cellHeight, cellWidth / aspect)),
  }
}

/**
 * Divides a space among people so that their tiles are as large as can be: of all numbers of columns the one whose
 * tiles cover most. `count` is at least 1; the last row may be shorter than the others.
 */
export const layOutGrid = (space: GridSpace): GridLayout => {
  let best = layOutIn(space, 1)
  for (let columns = 2; columns <= space.count; columns += 1) {
    const layout = layOutIn(space, columns)
    if (layout.tileWidth * layout.tileHeight > best.tileWidth * best.tileHeight) best = layout
  }
  return best
}
