/** Words that depend on a number. */
const plural = new Intl.PluralRules('en')
export const count = (number: number, one: string, other: string): string =>
  `${String(number)} ${plural.select(number) === 'one' ? one : other}`

const listFormat = new Intl.ListFormat('en', { style: 'long', type: 'conjunction' })
export const list = (names: readonly string[]): string => listFormat.format(names)

/** Whole minutes, as people say them. */
export const duration = (durationMs: number): string => {
  const minutes = Math.round(durationMs / 60_000)
  if (minutes < 1) return 'less than a minute'
  const hours = Math.floor(minutes / 60)
  const words = [
    hours > 0 ? count(hours, 'hour', 'hours') : '',
    minutes % 60 > 0 ? count(minutes % 60, 'minute', 'minutes') : '',
  ]
  return list(words.filter((word) => word !== ''))
}

export const sentenceCase = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1)
