import { Menu, type MenuItemConstructorOptions } from 'electron'

const view = (isDevelopment: boolean): MenuItemConstructorOptions => ({
  label: 'View',
  submenu: [
    { role: 'resetZoom' },
    { role: 'zoomIn' },
    { role: 'zoomOut' },
    { type: 'separator' },
    { role: 'togglefullscreen' },
    ...(isDevelopment
      ? ([{ type: 'separator' }, { role: 'reload' }, { role: 'toggleDevTools' }] satisfies MenuItemConstructorOptions[])
      : []),
  ],
})

/**
 * Builds the menu of a system. Roles only: texts, shortcuts and enabling are the system's own. There is no Reload
 * outside of development: it would throw the person out of the call.
 */
const menuTemplate = (platform: NodeJS.Platform, isDevelopment: boolean): MenuItemConstructorOptions[] =>
  platform === 'darwin'
    ? [{ role: 'appMenu' }, { role: 'editMenu' }, view(isDevelopment), { role: 'windowMenu' }]
    : [{ label: 'File', submenu: [{ role: 'quit' }] }, { role: 'editMenu' }, view(isDevelopment)]

/** Sets the application menu. */
export const setMenu = (isDevelopment: boolean): void => {
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(process.platform, isDevelopment)))
}
