import { existsSync } from 'node:fs'
import { join } from 'node:path'
import puppeteer, { type Browser, type ElementHandle, type Page } from 'puppeteer-core'
import { installDebianPackage } from '#build/debian-package.mjs'

const places = ['firefox-esr', 'firefox'].map((name) => join('/usr/bin', name))
const find = () => process.env['FIREFOX_PATH'] ?? places.find((path) => existsSync(path))

/** Gets Firefox onto this machine where that may be done. Answers why it cannot be had; null when it is there. */
export const whyNoFirefox = async (): Promise<string | null> => {
  if (find() !== undefined) return null
  const root = join(import.meta.dirname, '../..')
  const isThere = await installDebianPackage({ root, name: 'firefox-esr', title: 'Firefox' }).catch(() => false)
  return isThere && find() !== undefined ? null : 'needs Firefox (set FIREFOX_PATH, or install firefox-esr)'
}

/**
 * The system's own Firefox with a fake camera and microphone, driven by WebDriver BiDi. Takes the certificates that computers
 * make for themselves, as a person does who clicks the browser's warning away.
 */
export const openFirefox = async (): Promise<Browser> =>
  await puppeteer.launch({
    browser: 'firefox',
    executablePath: find()!,
    headless: true,
    // The first start on a machine reads 200 MB from the disk.
    timeout: 90_000,
    acceptInsecureCerts: true,
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      'media.autoplay.default': 0,
      'app.update.enabled': false,
      'network.captive-portal-service.enabled': false,
      'network.connectivity-service.enabled': false,
    },
  })

/** What people find by its role and name, once it is there. */
export const byName = async (page: Page, role: string, name: string): Promise<ElementHandle> => {
  const found = await page.waitForSelector(`::-p-aria([name="${name}"][role="${role}"])`, { timeout: 20_000 })
  if (found === null) throw new Error(`No ${role} "${name}"`)
  return found
}

/** Frames shown so far in a tile. Firefox keeps `getVideoPlaybackQuality` at 0 for streams. */
export const framesIn = async (tile: ElementHandle): Promise<number> =>
  await tile.$eval('video', (video) => (video as HTMLVideoElement & { mozPaintedFrames: number }).mozPaintedFrames)

/** From now on the page keeps its connections where `soundEnergy` finds them. */
export const watchConnections = async (page: Page): Promise<void> => {
  await page.evaluateOnNewDocument(() => {
    const connections: RTCPeerConnection[] = []
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration)
        connections.push(this)
      }
    }
    Object.assign(window, { connections })
  })
}

/**
 * The energy of all sound that has arrived (W3C webrtc-stats, `totalAudioEnergy`); silence adds nothing. From statistics, as
 * Firefox starts no AudioContext on a machine without a sound card.
 */
export const soundEnergy = async (page: Page): Promise<number> =>
  await page.evaluate(async () => {
    const { connections } = window as unknown as { connections: RTCPeerConnection[] }
    const reports = await Promise.all(connections.map((connection) => connection.getStats()))
    let energy = 0
    for (const report of reports)
      report.forEach((entry: { type: string; kind?: string; totalAudioEnergy?: number }) => {
        if (entry.type === 'inbound-rtp' && entry.kind === 'audio') energy += entry.totalAudioEnergy ?? 0
      })
    return energy
  })
