import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'

/** What a guest downloads before Home is on the screen, on the slowest network it should be quick on. */
export const HOME_LIMIT_KB = 120

const references = (html: string): string[] =>
  [...html.matchAll(/<(?:script|link)\b[^>]*?\b(?:src|href)="([^"]+\.(?:js|css))"/g)].flatMap(([, path]) => path ?? [])

/** `import ... from "./x.js"` and `import "./x.js"`; not `import("./x.js")`, which loads later. */
const staticImports = (script: string): string[] =>
  [...script.matchAll(/(?:\bfrom|\bimport)\s*["'](\.[^"']+\.js)["']/g)].flatMap(([, path]) => path ?? [])

const withImports = (root: string, path: string, seen: Set<string>): Set<string> => {
  if (seen.has(path)) return seen
  seen.add(path)
  if (!path.endsWith('.js')) return seen
  for (const imported of staticImports(readFileSync(join(root, path), 'utf8'))) {
    withImports(root, join(dirname(path), imported), seen)
  }
  return seen
}

/**
 * Size of the built page as it opens: index.html, its scripts with everything they import statically, its styles; each
 * file gzipped on its own, as a server sends it. In thousands of bytes.
 */
export const homeSizeKb = (root: string): number => {
  const html = readFileSync(join(root, 'index.html'), 'utf8')
  const files = references(html).reduce(
    (seen, path) => withImports(root, path.replace(/^\//, ''), seen),
    new Set(['index.html']),
  )
  const bytes = [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(root, file))).length, 0)
  return bytes / 1000
}

if (import.meta.main) {
  const sizeKb = homeSizeKb('dist/renderer')
  console.log(`Home is ${sizeKb.toFixed(1)} kB gzipped (limit ${String(HOME_LIMIT_KB)})`)
  if (sizeKb > HOME_LIMIT_KB) process.exitCode = 1
}
