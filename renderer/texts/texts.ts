import type { AppInfo, MediaKind } from '#electron/ipc.ts'
import { en } from './en.ts'

/** What went wrong, and what the person can do about it; two whole sentences. */
export interface Advice {
  readonly what: string
  readonly next: string
}
/** One device or both, camera first; never empty. */
export type Devices = readonly MediaKind[]
export type DevicePlace = AppInfo['platform']

/** Every sentence that a person can see. Another language is another object of this type. */
export type Texts = typeof en

const catalogues: Readonly<Record<string, Texts>> = { en }

/** Picks the catalogue for a BCP 47 locale, by its language; English where there is none. */
export const chooseTexts = (locale: string): Texts => catalogues[locale.split('-')[0]?.toLowerCase() ?? ''] ?? en
