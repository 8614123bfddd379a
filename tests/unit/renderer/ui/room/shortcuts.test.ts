import { describe, expect, onTestFinished, test } from 'vitest'
import { shortcutOf } from '#renderer/ui/room/shortcuts.ts'

/** What a key pressed inside this element means. */
const press = (key: string, on: HTMLElement = document.body, more: KeyboardEventInit = {}, areSingleKeysOn = true) => {
  let action: ReturnType<typeof shortcutOf> = null
  const listen = (event: KeyboardEvent) => {
    action = shortcutOf(event, areSingleKeysOn)
  }
  window.addEventListener('keydown', listen)
  on.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }))
  window.removeEventListener('keydown', listen)
  return action
}
const add = (html: { tag: string; role?: string; inside?: string }): HTMLElement => {
  const outer = document.createElement('div')
  if (html.inside) outer.setAttribute('role', html.inside)
  const element = document.createElement(html.tag)
  if (html.role) element.setAttribute('role', html.role)
  outer.append(element)
  document.body.append(outer)
  onTestFinished(() => outer.remove())
  return element
}

describe('shortcutOf', () => {
  test.each([
    ['m', 'microphone'],
    ['M', 'microphone'],
    ['v', 'camera'],
    ['c', 'chat'],
    ['p', 'people'],
    ['?', 'help'],
    ['Escape', 'close'],
  ])('%s means %s', (key, action) => {
    expect(press(key)).toBe(action)
  })

  test('other keys mean nothing', () => {
    for (const key of ['x', 'Enter', ' ', 'Tab', 'F1', 'ArrowUp']) expect(press(key)).toBeNull()
  })

  test('keys that are typed into a field mean nothing, but Escape closes', () => {
    for (const tag of ['input', 'textarea', 'select']) {
      expect(press('m', add({ tag }))).toBeNull()
      expect(press('Escape', add({ tag }))).toBe('close')
    }
    expect(press('m', add({ tag: 'div', role: 'listbox' }))).toBeNull()
  })

  test('keys inside a dialog belong to the dialog', () => {
    const button = add({ tag: 'button', inside: 'dialog' })
    expect(press('m', button)).toBeNull()
    expect(press('Escape', button)).toBeNull()
  })

  test('a held modifier leaves the key to the browser', () => {
    for (const modifier of ['ctrlKey', 'metaKey', 'altKey']) {
      expect(press('c', document.body, { [modifier]: true })).toBeNull()
    }
    expect(press('?', document.body, { shiftKey: true })).toBe('help')
  })

  test('a key that repeats acts once', () => {
    expect(press('m', document.body, { repeat: true })).toBeNull()
  })

  test('with single keys turned off only Escape is left', () => {
    expect(press('m', document.body, {}, false)).toBeNull()
    expect(press('?', document.body, {}, false)).toBeNull()
    expect(press('Escape', document.body, {}, false)).toBe('close')
  })
})
