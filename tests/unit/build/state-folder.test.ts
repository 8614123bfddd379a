import { expect, test } from 'vitest'
import { hasDisplay, stateFolder } from '#build/state-folder.ts'

const linux = { platform: 'linux', env: {}, home: '/home/ada' } as const

test.each([
  [linux, '/home/ada/.local/state/earshot'],
  [{ ...linux, env: { XDG_STATE_HOME: '/state' } }, '/state/earshot'],
  [{ platform: 'darwin', env: {}, home: '/Users/ada' } as const, '/Users/ada/Library/Application Support/Earshot'],
  [
    { platform: 'win32', env: { LOCALAPPDATA: 'C:\\Users\\ada\\AppData\\Local' }, home: 'C:\\Users\\ada' } as const,
    'C:\\Users\\ada\\AppData\\Local\\Earshot',
  ],
])('state is kept where the system wants it (%#)', (machine, folder) => {
  expect(stateFolder(machine, null)).toBe(folder)
})

test('a profile has a folder of its own', () => {
  expect(stateFolder(linux, '2')).toBe('/home/ada/.local/state/earshot-2')
})

test.each(['', '../ada', 'a/b', '-x', 'x'.repeat(33)])('refuses the profile name %j', (profile) => {
  expect(() => stateFolder(linux, profile)).toThrow('A profile name is')
})

test('a Linux without X11 and Wayland has no screen; other systems always do', () => {
  expect(hasDisplay(linux)).toBe(false)
  expect(hasDisplay({ ...linux, env: { DISPLAY: '' } })).toBe(false)
  expect(hasDisplay({ ...linux, env: { DISPLAY: ':0' } })).toBe(true)
  expect(hasDisplay({ ...linux, env: { DISPLAY: '', WAYLAND_DISPLAY: 'wayland-0' } })).toBe(true)
  expect(hasDisplay({ ...linux, platform: 'darwin' })).toBe(true)
})
