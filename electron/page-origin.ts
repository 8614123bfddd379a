import type { WebContents, WebFrameMain } from 'electron'

/** Where the page comes from. Everything that asks "is this ours?" asks this one object. */
export interface PageOrigin {
  /** What the window loads. */
  readonly url: string
  /** `scheme://host[:port]`, as Chromium serialises it. */
  readonly origin: string
  /** True only while developing: the page comes from Vite. */
  readonly isDevelopment: boolean
}

export const APP_SCHEME = 'app'
export const APP_HOST = 'bundle'

const packaged: PageOrigin = {
  url: `${APP_SCHEME}://${APP_HOST}/`,
  origin: `${APP_SCHEME}://${APP_HOST}`,
  isDevelopment: false,
}

/**
 * The bundle; or, in a run from the sources only, the address of a development server on this computer.
 * Any other `developmentUrl` is passed over.
 */
export const choosePageOrigin = (isPackaged: boolean, developmentUrl: string | undefined): PageOrigin => {
  const url = isPackaged || developmentUrl === undefined ? null : URL.parse(developmentUrl)
  if (url?.protocol !== 'http:' || !['127.0.0.1', 'localhost'].includes(url.hostname)) return packaged
  return { url: url.href, origin: url.origin, isDevelopment: true }
}

/**
 * Serialises the origin of an address. By hand, because Node's URL knows nothing of the standard schemes that Electron
 * registers and answers "null" for app://. Null when it is no address with a host.
 */
export const originOf = (address: string): string | null => {
  const url = URL.parse(address)
  return url === null || url.host === '' ? null : `${url.protocol}//${url.host}`
}

/** Whether an address lies in the page. Compares parsed origins, never the start of a string. */
export const isPageAddress = (page: PageOrigin, address: string): boolean => originOf(address) === page.origin

/**
 * Whether a frame is our page itself: the main frame of `contents`, still alive, at our origin. `origin`, not `url`:
 * an about:blank child has no url of its own but inherits the origin (electron/electron, docs/api/web-frame-main.md).
 */
export const isPageFrame = (page: PageOrigin, contents: WebContents, frame: WebFrameMain | null): boolean =>
  frame !== null && !frame.detached && frame === contents.mainFrame && frame.origin === page.origin
