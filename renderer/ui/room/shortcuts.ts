export type ShortcutAction = 'microphone' | 'camera' | 'chat' | 'people' | 'close' | 'help'

/** The keys of a call, in the order in which they are shown. */
export const shortcutKeys: readonly { readonly key: string; readonly action: ShortcutAction }[] = [
  { key: 'M', action: 'microphone' },
  { key: 'V', action: 'camera' },
  { key: 'C', action: 'chat' },
  { key: 'P', action: 'people' },
  { key: 'Esc', action: 'close' },
  { key: '?', action: 'help' },
]

/** What lies over the call has keys of its own. */
const LAYERS = '[role="dialog"], [role="alertdialog"], [role="menu"]'

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches('input, textarea, select, [role="listbox"], [role="combobox"]'))

/**
 * What a key press means in a call; null when it is not for us: somebody types, a dialog is open, a modifier is held
 * (but Shift, which `?` needs), the key repeats, or single keys are turned off (WCAG 2.2, 2.1.4). Escape always closes.
 */
export const shortcutOf = (event: KeyboardEvent, areSingleKeysOn: boolean): ShortcutAction | null => {
  if (event.defaultPrevented || event.repeat || event.isComposing) return null
  if (event.ctrlKey || event.metaKey || event.altKey) return null
  if (event.target instanceof Element && event.target.closest(LAYERS)) return null
  if (event.key === 'Escape') return 'close'
  if (!areSingleKeysOn || isTyping(event.target)) return null
  return shortcutKeys.find(({ key }) => key === event.key.toUpperCase())?.action ?? null
}
