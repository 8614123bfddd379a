import { expect, onTestFinished } from 'vitest'
import type { PeerId, PeerInfo, Signal } from '#signalling/protocol.ts'
import type { Person } from '#renderer/call/call-state.ts'
import { makeCertificate } from '#renderer/call/link-configuration.ts'
import type { OwnMedia } from '#renderer/call/own-media.ts'
import { randomId } from '#renderer/call/random-id.ts'
import { Roster } from '#renderer/call/roster.ts'
import { Installation } from '#renderer/call/trust/installation.ts'
import { BrowserTrustStorage } from '#renderer/call/trust/trust-storage.ts'
import { eventually } from '../await-media.ts'
import { silence } from '../link-pair.ts'

export const CODE = 'k7mq2xvd9thr'

/** One that nobody had before, in a database that goes with the test. */
export const newInstallation = (): Installation => {
  const database = `test-trust-${randomId()}`
  onTestFinished(() => {
    indexedDB.deleteDatabase(database)
  })
  return new Installation(new BrowserTrustStorage(database))
}

interface Coming {
  readonly secret?: string | null
  readonly installation?: Installation
  readonly certificate?: RTCCertificate
  readonly own?: OwnMedia
}

/** One person's page in a room. */
export class Page {
  readonly id: PeerId = randomId()
  readonly name: string
  readonly log: string[] = []
  readonly phases: string[] = []
  readonly roster: Roster

  constructor(name: string, certificate: RTCCertificate, { secret = null, installation, own }: Coming, room: FakeRoom) {
    this.name = name
    this.roster = new Roster({
      you: this.id,
      room: { code: CODE, secret },
      serverUrl: 'http://127.0.0.1:8001',
      installation: installation ?? newInstallation(),
      configuration: { iceServers: [], certificates: [certificate] },
      own: own ?? silence,
      isOnline: () => true,
      send: (to, signal) => {
        room.bring(this.id, to, signal)
      },
      log: (level, message) => this.log.push(`${level} ${message}`),
    })
    this.roster.on('changed', () => {
      const { phase } = this.roster.phrase
      if (phase !== this.phases.at(-1)) this.phases.push(phase)
    })
    onTestFinished(() => {
      this.roster.close()
    })
  }

  get info(): PeerInfo {
    return { id: this.id, name: this.name, presence: 'present' }
  }

  person(name: string): Person {
    const person = this.roster.people.find((each) => each.name === name)
    expect(person, `${name} as seen by ${this.name}`).toBeDefined()
    return person!
  }

  async trusts(name: string, trust: Person['trust']): Promise<void> {
    await eventually(() => {
      expect(this.person(name).trust, this.log.slice(-30).join('\n')).toBe(trust)
    })
  }
}

/** A server that does what it should, unless `bring` is told otherwise. */
export class FakeRoom {
  readonly pages: Page[] = []
  /** Takes a signal out of the way of an honest server. */
  intercept: ((from: PeerId, to: PeerId, signal: Signal) => boolean) | null = null

  async join(name: string, coming: Coming = {}): Promise<Page> {
    const page = new Page(name, coming.certificate ?? (await makeCertificate()), coming, this)
    this.admit(page)
    return page
  }

  /** All of them at once. */
  async joinTogether(...names: readonly string[]): Promise<Page[]> {
    const certificates = await Promise.all(names.map(() => makeCertificate()))
    const pages = names.map((name, index) => new Page(name, certificates[index]!, {}, this))
    for (const page of pages) this.admit(page)
    return pages
  }

  leave(page: Page): void {
    this.pages.splice(this.pages.indexOf(page), 1)
    page.roster.leave()
    for (const { roster } of this.pages) roster.release(page.id, 'left')
  }

  admit(page: Page): void {
    page.roster.settle(page.id, [...this.pages.map(({ info }) => info), page.info])
    for (const { roster } of this.pages) roster.admit(page.info)
    this.pages.push(page)
  }

  bring(from: PeerId, to: PeerId, signal: Signal): void {
    const copy = JSON.parse(JSON.stringify(signal)) as Signal
    if (this.intercept?.(from, to, copy)) return
    setTimeout(() => this.pages.find(({ id }) => id === to)?.roster.handleSignal(from, copy))
  }
}

/** Everybody sees the same words; answers them. */
export const agree = async (...pages: readonly Page[]): Promise<string> => {
  await eventually(() => {
    const phrases = pages.map(({ roster }) => roster.phrase)
    expect(phrases.map(({ phase }) => phase)).toEqual(pages.map(() => 'ready'))
    expect(new Set(phrases.map((phrase) => JSON.stringify(phrase))).size).toBe(1)
    for (const page of pages) expect(page.roster.people).toHaveLength(pages.length - 1)
  })
  const { phrase } = pages[0]!.roster
  return phrase.phase === 'ready' ? phrase.words.join(' ') : ''
}
