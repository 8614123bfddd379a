import type { Configuration } from 'electron-builder'
import { setFuses } from './build/after-pack.ts'

/** Without a certificate macOS still wants a signature (Apple silicon starts nothing unsigned): "-" is ad hoc. */
const hasCertificate = [process.env['CSC_LINK'], process.env['CSC_NAME']].some(Boolean)
const macIdentity = hasCertificate ? {} : { identity: '-' }

/** SQLite's native part for one system, where the bundle looks for it. `${platform}` would be the system that packs. */
const sqliteFor = (platform: 'win32' | 'darwin' | 'linux') => ({
  from: 'node_modules/better-sqlite3/prebuilds',
  to: 'dist/electron/prebuilds',
  filter: [`${platform}-\${arch}.node`],
})

const windows = (): NonNullable<Configuration['win']> => ({
  icon: 'build/icons/icon.ico',
  files: [sqliteFor('win32')],
  target: [
    { target: 'nsis', arch: ['x64', 'arm64'] },
    { target: 'zip', arch: ['x64', 'arm64'] },
  ],
})

const mac = (): NonNullable<Configuration['mac']> => ({
  icon: 'build/icons/icon.icns',
  files: [sqliteFor('darwin')],
  category: 'public.app-category.video',
  // Electron 44 dropped macOS 12.
  minimumSystemVersion: '13.0.0',
  target: [
    { target: 'dmg', arch: ['arm64', 'x64'] },
    { target: 'zip', arch: ['arm64', 'x64'] },
  ],
  hardenedRuntime: true,
  gatekeeperAssess: false,
  entitlements: 'build/entitlements.mac.plist',
  entitlementsInherit: 'build/entitlements.mac.inherit.plist',
  ...macIdentity,
  // Shown by macOS when it asks; without the last three it refuses in silence.
  extendInfo: {
    NSCameraUsageDescription: 'Earshot shows your camera to the people in your meeting.',
    NSMicrophoneUsageDescription: 'Earshot lets the people in your meeting hear you.',
    NSAudioCaptureUsageDescription: 'Earshot shares your computer’s sound when you choose to.',
    NSLocalNetworkUsageDescription: 'Earshot connects directly to the people on your network.',
    // What electron/discovery.ts announces and looks for.
    NSBonjourServices: ['_earshot._tcp'],
  },
})

const linux = (): NonNullable<Configuration['linux']> => ({
  icon: 'build/icons',
  files: [sqliteFor('linux')],
  target: [
    { target: 'deb', arch: ['x64', 'arm64'] },
    { target: 'AppImage', arch: ['x64', 'arm64'] },
    { target: 'tar.gz', arch: ['x64', 'arm64'] },
  ],
  executableName: 'earshot',
  // The desktop file's name is what Wayland and the portals know the app by (package.json, desktopName).
  syncDesktopName: true,
  category: 'Network;AudioVideo',
  maintainer: 'Earshot contributors <contributors@earshot.invalid>',
  synopsis: 'Host a meeting from your laptop',
  desktop: { entry: { Keywords: 'call;meeting;video;conference;', StartupWMClass: 'Earshot' } },
})

/**
 * What `node build/dist.ts` packs and how. Keys: https://www.electron.build/configuration
 * A new one for each run: electron-builder writes into what it is given.
 */
export const createPackaging = (): Configuration => ({
  // Never change it: installers, bundles and saved permissions are known by this name.
  appId: 'app.earshot.Earshot',
  productName: 'Earshot',
  directories: { output: 'release', buildResources: 'build' },
  // Everything is bundled into dist, so no node_modules. SQLite's native part comes from the list of each system.
  files: [
    'dist/electron/**',
    'dist/renderer/**',
    'package.json',
    '!**/node_modules/**',
    '!**/*.map',
    '!dist/electron/prebuilds/**',
  ],
  asar: true,
  // A library is loaded by the system, which does not look into archives; Electron then finds it beside the archive.
  asarUnpack: ['**/*.node'],
  npmRebuild: false,
  afterPack: setFuses,
  artifactName: '${productName}-${version}-${os}-${arch}.${ext}',
  protocols: [{ name: 'Earshot meeting', schemes: ['earshot'] }],
  // No update feed yet; releasing is a step of its own.
  publish: null,
  // The static runtime: no libfuse2 needed, and Chromium's sandbox stays on where the system allows it.
  toolsets: { appimage: '1.0.3' },

  win: windows(),
  // For one person, without the administrator's password.
  nsis: { oneClick: true, perMachine: false, differentialPackage: false, include: 'build/installer.nsh' },

  mac: mac(),
  dmg: { sign: false },

  linux: linux(),
  // electron-builder's own list, and what sound, camera and screen sharing need.
  deb: {
    depends: [
      'libgtk-3-0',
      'libnotify4',
      'libnss3',
      'libxss1',
      'libxtst6',
      'xdg-utils',
      'libatspi2.0-0',
      'libuuid1',
      'libsecret-1-0',
      'libgbm1',
      'libasound2 | libasound2t64',
    ],
    recommends: ['libpipewire-0.3-0', 'pulseaudio | pipewire-pulse'],
  },
})
