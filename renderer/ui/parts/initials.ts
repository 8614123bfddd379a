const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const firstLetter = (word: string | undefined): string =>
  word === undefined ? '' : ([...graphemes.segment(word)][0]?.segment ?? '').toLocaleUpperCase()

/** One or two letters that stand for a person: of the first and the last word. Empty for an empty name. */
export const initialsOf = (name: string): string => {
  const words = name.split(/\s+/u).filter((word) => word !== '')
  return firstLetter(words[0]) + (words.length > 1 ? firstLetter(words.at(-1)) : '')
}

/** A hue in degrees, always the same for the same name, so that people are told apart at a glance. */
export const hueOf = (name: string): number => {
  let hash = 0
  for (const letter of name) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) >>> 0
  return hash % 360
}
