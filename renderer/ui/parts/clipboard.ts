/**
 * Copies text, from within a click. False where the browser allows it in no way.
 * A page over plain http has no `navigator.clipboard`, and the desktop app grants its page no such permission: there
 * the older command does it, on a selection.
 */
export const copyText = async (text: string): Promise<boolean> => {
  try {
    await (navigator.clipboard as Clipboard | undefined)?.writeText(text)
    if ('clipboard' in navigator) return true
  } catch {
    // Refused: the command below needs no permission.
  }
  return copyBySelection(text)
}

const copyBySelection = (text: string): boolean => {
  const focused = document.activeElement
  const area = document.createElement('textarea')
  area.value = text
  area.readOnly = true
  area.className = 'sr-only'
  // Inside an open dialog, else its focus trap takes the focus back before the copy.
  ;(focused?.closest('[role="dialog"]') ?? document.body).append(area)
  area.select()
  // Deprecated, and all there is without a secure context; every browser still has it.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const isCopied = document.execCommand('copy')
  area.remove()
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true })
  return isCopied
}
