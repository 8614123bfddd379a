import { existsSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import sirv from 'sirv'

/** Files whose name holds a hash of their content (Vite's `assets/`): the same name is always the same file. */
const CACHED_FOR_EVER = 'public, max-age=31536000, immutable'
const ALWAYS_ASKED = 'no-cache'

/** Answers with a file of the built page, or calls `onMissing`. */
export type ServePage = (request: IncomingMessage, response: ServerResponse, onMissing: () => void) => void

/**
 * Serves the built page for people without the app. The list of files is read once, here: nothing beside it can be
 * asked for, whatever the path says. Answers null when there is no built page in `pageDir`.
 */
export const openPage = (pageDir: string): ServePage | null => {
  if (!existsSync(join(pageDir, 'index.html'))) return null
  const serve = sirv(pageDir, {
    etag: true,
    dotfiles: false,
    extensions: [],
    setHeaders: (response, path) =>
      response.setHeader('Cache-Control', path.startsWith('/assets/') ? CACHED_FOR_EVER : ALWAYS_ASKED),
  })
  return (request, response, onMissing) => {
    // Ranges are of no use for files this small, and sirv 3.0.2 throws on those that end before they start.
    delete request.headers.range
    // sirv pipes without listening for errors: a file that has gone since would otherwise end the process.
    response.once('pipe', (file) => file.once('error', () => response.destroy()))
    serve(request, response, onMissing)
  }
}
