import type { Attachment } from 'svelte/attachments'

/** Puts the focus on an element when it appears, so that a new screen is read from its beginning. */
export const takeFocus: Attachment<HTMLElement> = (element) => {
  element.focus({ preventScroll: true })
}
