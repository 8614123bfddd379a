import type { PinnedHost } from '#electron/ipc.ts'
import { limits, readWill, type ChatMessage, type PeerId } from '#signalling/protocol.ts'
import type { RememberedReign } from '../call-memory.ts'
import type { Hosting } from '../call-state.ts'
import type { HostWord } from '../control-message.ts'
import { Emitter } from '../emitter.ts'
import type { Answer } from '../server-words.ts'
import { Company } from './company.ts'
import { HostSearch } from './host-search.ts'
import { HostWatch } from './host-watch.ts'
import { firstHeir, isToTakeOver, roundMs } from './heir-rule.ts'
import { Lineage } from './lineage.ts'
import type { OwnComputer } from './own-computer.ts'
import { Offers } from './offers.ts'
import { Places, type Place } from './places.ts'
import { OwnRule } from './own-rule.ts'
import type { Offer, Settled, State, SuccessionOptions } from './succession-state.ts'
import { standAsHeir } from './stand.ts'
import { mergeMissed } from './takeover.ts'
import { Travel, type Arrival } from './travel.ts'

const TICK_MS = 250
/** Whoever goes on with the room in the place of this side, and could come here instead, has come by then. */
const INSISTENT_MS = 10_000

/**
 * Which computer hosts the room of a meeting, and who goes on with it when that one is gone (docs/decisions/0010): notices the
 * loss, takes over or follows who does, and goes back when the network that was cut in two is one again. Sound and picture
 * take no part in it.
 */
export class Succession {
  readonly #events = new Emitter<{ readonly changed: [] }>()
  readonly #options: SuccessionOptions
  readonly #watch: HostWatch
  readonly #company: Company
  readonly #places: Places
  readonly #lineage: Lineage
  /** Null in a browser. */
  readonly #ownRule: OwnRule | null
  readonly #travel: Travel
  readonly #hostSearch: HostSearch | null
  readonly #offers = new Offers()
  readonly #stops: readonly (() => void)[]
  readonly #timer: ReturnType<typeof setInterval>
  #state: State
  #serverUrl: string
  #place: Place
  #owesChat = false
  #hasResumedReign = false
  #isClosed = false

  constructor(options: SuccessionOptions) {
    const { signalling, roster, code, log, computer, first, serverUrl } = options
    this.#options = options
    this.#serverUrl = serverUrl
    this.#company = new Company(roster)
    this.#state = { phase: 'settled', hosting: options.home }
    this.#places = new Places(first, options.reign?.places)
    this.#place = this.#places.find(first.pin ?? '') ?? this.#places.first
    this.#lineage = new Lineage(this.#places)
    this.#watch = new HostWatch({ signalling, code, log, hostSilentMs: () => this.#hostSilentMs() })
    this.#ownRule = computer && this.#openOwnRule(computer)
    this.#travel = new Travel(options)
    this.#hostSearch = computer && new HostSearch(computer)
    this.#stops = [
      this.#watch.on('changed', (isReached) => {
        this.#onReach(isReached)
      }),
      this.#watch.on('suspected', () => void this.#prepare()),
      signalling.on('succession:changed', (told) => {
        this.#lineage.learn(told)
      }),
      signalling.on('estate:changed', ({ estate }) => {
        this.#lineage.learnEstate(estate)
      }),
      signalling.on('peer:joined', ({ id }) => {
        this.#lineage.admit(id)
      }),
      roster.on('host', (from, word) => {
        this.#take(from, word)
      }),
    ]
    this.#timer = setInterval(() => {
      this.#decide()
    }, TICK_MS)
  }

  #openOwnRule(computer: OwnComputer): OwnRule {
    return new OwnRule({
      ...{ ...this.#options, computer, lineage: this.#lineage },
      place: () => this.#place,
      isHeard: (id) => this.#company.isHeard(id),
      onFound: ({ senior, ...way }) => {
        this.#goBackTo(senior, way)
      },
    })
  }

  on(name: 'changed', listener: () => void): () => void {
    return this.#events.on(name, listener)
  }

  get hosting(): Hosting {
    const state = this.#state
    if (state.phase === 'settled') return this.#named(state.hosting)
    if (state.phase === 'taking-over') return { phase: 'taking-over' }
    const heir = firstHeir(this.#standing)
    if (heir === this.#lineage.you && this.#mayTakeOver) return { phase: 'taking-over' }
    return { phase: 'lost', heir: heir === null || heir === this.#lineage.you ? null : this.#company.nameOf(heir) }
  }

  /** Of a computer where this side never was before, the server tells whose it is. */
  #named(hosting: Settled): Settled {
    if (hosting.phase !== 'other' || hosting.name !== '') return hosting
    return { ...hosting, name: this.#company.nameOf(this.#lineage.host ?? '') }
  }

  /** Where the room is now, as far as it is anywhere. */
  get serverUrl(): string {
    return this.#serverUrl
  }

  /** The key of the computer that hosts now; null when it is not known. */
  get pin(): string | null {
    return this.#place.pin
  }

  /** What it takes to go on hosting after the page was loaded anew; null when this computer does not. */
  get reign(): RememberedReign | null {
    const { hosting } = this
    if (hosting.phase !== 'own') return null
    return { former: [...hosting.former], places: this.#places.list(limits.roomCapacity) }
  }

  /** There is a seat at the present server. */
  settle(joined: Answer<'room:join'>): void {
    this.#place = this.#places.keepToken(this.#place, joined.token)
    this.#lineage.settle(joined)
    if (joined.succession) void this.#stand(joined.chat)
    if (this.#options.reign && !this.#hasResumedReign) void this.#resumeReign(this.#options.reign)
  }

  close(): void {
    this.#isClosed = true
    clearInterval(this.#timer)
    for (const stop of this.#stops) stop()
    this.#watch.close()
    this.#travel.close()
    this.#ownRule?.close()
  }

  get #standing() {
    const { you, heirs } = this.#lineage
    return { you, heirs, heard: this.#company.heard }
  }

  get #isReigning(): boolean {
    return this.#ownRule?.isReigning === true
  }

  get #mayTakeOver(): boolean {
    const isNamed = (this.#lineage.inheritance?.will ?? null) !== null
    return isNamed && this.#options.computer?.mayInherit() === true
  }

  /** Whether it is the one inside this app, as far as can be seen from its address. */
  get #isServerHere(): boolean {
    return URL.parse(this.#serverUrl)?.hostname === '127.0.0.1'
  }

  #hostSilentMs(): number | null {
    const { host, you } = this.#lineage
    return host === null || host === you ? null : this.#company.silentMs(host)
  }

  /** Stands as an heir, and hands on what this server missed. */
  async #stand(chat: readonly ChatMessage[]): Promise<void> {
    const { signalling, code, sentChat, log } = this.#options
    const stood = await standAsHeir({ ...this.#options, isServerHere: this.#isServerHere })
    if (!stood || this.#isClosed) return
    this.#lineage.inheritance = stood
    if (stood.will === null) this.#place = this.#places.know(this.#place, stood.pin)
    else this.#lineage.learnFormer((await readWill(stood.will, { code, to: stood.pin })) ?? [])
    if (!this.#owesChat) return
    this.#owesChat = false
    await mergeMissed(signalling, { said: sentChat(), history: chat }, log)
  }

  #onReach(isReached: boolean): void {
    if (isReached) this.#find()
    else if (this.#state.phase === 'settled') {
      this.#options.log('warn', 'The computer that hosts is gone')
      this.#company.lose()
      this.#state = { phase: 'lost', since: performance.now(), before: this.#state.hosting }
      this.#company.tellAll({ kind: 'host-reached', isReached: false })
      this.#events.emit('changed')
      this.#decide()
    }
  }

  /** It was not gone, or is back. */
  #find(): void {
    if (this.#state.phase === 'settled') return
    this.#state = { phase: 'settled', hosting: this.#state.before }
    this.#company.tellAll({ kind: 'host-reached', isReached: true })
    this.#offers.clear()
    this.#ownRule?.cancel()
    this.#events.emit('changed')
  }

  #take(from: PeerId, word: HostWord): void {
    if (word.kind === 'host-reached') void this.#onTheirReach(from, word.isReached)
    else if (word.kind === 'taken-over') void this.#onOffer(from, word)
    else if (word.kind === 'gone-back') this.#onReturn(from, word.host)
    else if (!this.#travel.take(from, word)) this.#ownRule?.take(from, word)
  }

  #onReturn(from: PeerId, host: PinnedHost): void {
    if (from === this.#lineage.host && this.#lineage.isSenior(host.pin, this.#place)) void this.#goBack(host)
  }

  async #onTheirReach(from: PeerId, isReached: boolean): Promise<void> {
    this.#company.take(from, isReached)
    if (!isReached && this.#state.phase === 'settled') {
      const isReachedHere = this.#isReigning || (await this.#watch.doubt())
      this.#company.tell(from, { kind: 'host-reached', isReached: isReachedHere })
    }
    this.#decide()
  }

  /** Only those whom the former server named may take over, each with the key that it named. */
  async #onOffer(from: PeerId, { host, token }: Offer): Promise<void> {
    if (!this.#lineage.isNamed(from, host.pin)) {
      this.#options.log('warn', 'Somebody claims to host now whom nobody named')
      return
    }
    const isHere = host.pin === this.#place.pin
    if (isHere && this.#state.phase === 'settled') return
    const isNew = this.#offers.put(from, { host, token })
    if (!isHere) this.#places.remember(host, token)
    // This side had its turn.
    if (isNew && this.#state.phase === 'taking-over') this.#state = { ...this.#state, phase: 'lost' }
    if (this.#state.phase === 'settled' && !this.#isReigning) await this.#watch.doubt()
    if (this.#isReigning && this.#isToGiveWay(from, host.pin)) await this.#follow(from)
    else this.#decide()
  }

  /** To those who come first; and to others when nobody comes here, least of all they themselves: there may be no way to here. */
  #isToGiveWay(from: PeerId, pin: string): boolean {
    if (this.#lineage.isSenior(pin, this.#place)) return true
    return this.#ownRule?.isUnattended === true && this.#offers.insistedMs(from) > INSISTENT_MS
  }

  #decide(): void {
    if (this.#state.phase !== 'lost') return
    const now = performance.now()
    if (this.#company.isReached && this.#state.since < now) this.#state = { ...this.#state, since: now }
    const best = this.#offers.best((pin) => this.#lineage.rankOf(pin))
    if (best !== null) void this.#follow(best)
    else if (this.#mayTakeOver) this.#considerTakingOver(now - this.#state.since)
    void this.#search()
    this.#events.emit('changed')
  }

  /** Starting the server takes most of the time: the first heir begins as soon as it may be needed, and ends it when it was not. */
  async #prepare(): Promise<void> {
    const standing = this.#standing
    const isFirst = firstHeir(standing) === this.#lineage.you
    if (this.#isReigning || !this.#mayTakeOver || !isFirst || standing.heard.length === 0) return
    this.#ownRule?.prepare()
    if (await this.#watch.doubt()) this.#ownRule?.cancel()
  }

  #considerTakingOver(lostMs: number): void {
    const standing = this.#standing
    const isFirst = firstHeir(standing) === this.#lineage.you
    if (isFirst && standing.heard.length > 0 && lostMs >= 0) this.#ownRule?.prepare()
    if (isToTakeOver({ ...standing, reach: this.#company.reach, lostMs })) void this.#takeOver()
  }

  async #takeOver(): Promise<void> {
    const { code, name, sentChat } = this.#options
    const { inheritance, heirs, you } = this.#lineage
    if (this.#state.phase !== 'lost' || !inheritance || !this.#ownRule) return
    const state: State = { ...this.#state, phase: 'taking-over' }
    this.#state = state
    this.#events.emit('changed')
    const isWanted = () => this.#state === state && !this.#isClosed
    const people = this.#lineage.inOrder(this.#company.names.set(you, name))
    const legacy = { code, inheritance, people, you, chat: sentChat() }
    const adopted = await this.#ownRule.takeOver(legacy, isWanted)
    if (adopted) {
      const { server, signalling, session, tokens, former } = adopted
      const place = this.#places.remember(server.host, tokens.get(you))
      this.#move({ signalling, session, serverUrl: server.url }, place, { phase: 'own', former })
      // Everybody else has their turn before this one tries again.
    } else if (isWanted()) this.#state = { ...state, phase: 'lost', since: performance.now() + roundMs(heirs) }
  }

  /** The page was loaded anew; the server of this computer ran on. */
  async #resumeReign({ former }: RememberedReign): Promise<void> {
    this.#hasResumedReign = true
    const isWanted = () => this.#state.phase === 'settled' && !this.#isClosed
    if ((await this.#ownRule?.resume(this.#serverUrl, isWanted)) !== true) return
    this.#state = { phase: 'settled', hosting: { phase: 'own', former } }
    this.#events.emit('changed')
  }

  /** The one who hosts says that a computer that comes before theirs is back. */
  async #goBack(host: PinnedHost): Promise<void> {
    const isFirst = this.#lineage.isFirst(host.pin)
    const senior = isFirst ? { ...this.#places.first, addresses: host.addresses } : this.#places.remember(host)
    const arrival = await this.#travel.to(host, { via: null, isFirst })
    if (arrival) this.#goBackTo(senior, arrival)
  }

  #goBackTo(senior: Place, way: Arrival): void {
    this.#ownRule?.end({ pin: senior.pin ?? '', addresses: [new URL(way.serverUrl).host] })
    if (this.#isClosed) {
      way.signalling.close()
      return
    }
    this.#owesChat = true
    this.#move(way, senior, senior.pin === this.#places.first.pin ? this.#options.home : this.#otherOf(senior))
  }

  #otherOf({ pin, addresses }: Place): Settled {
    const name = this.#company.nameOf(this.#lineage.heirAt(pin ?? '') ?? '')
    return { phase: 'other', host: { pin: pin ?? '', addresses }, name }
  }

  async #follow(from: PeerId): Promise<void> {
    const offer = this.#travel.isUnderWay ? null : this.#offers.take(from)
    if (!offer) return
    if (this.#state.phase === 'lost') this.#state = { ...this.#state, phase: 'following' }
    const arrival = await this.#travel.to(offer.host, { via: from, isFirst: false })
    const isWanted = !this.#isClosed && (this.#state.phase === 'following' || this.#isReigning)
    if (this.#state.phase === 'following') this.#state = { ...this.#state, phase: 'lost' }
    if (!arrival) this.#offers.failed(from)
    if (!arrival || !isWanted) {
      arrival?.signalling.close()
      return
    }
    this.#ownRule?.end(offer.host)
    this.#owesChat = true
    const place = this.#places.remember(offer.host, offer.token)
    this.#move(arrival, place, { phase: 'other', host: offer.host, name: this.#company.nameOf(from) })
  }

  /** The computer may have another address now; or somebody went on with the room to whom there is no link. */
  async #search(): Promise<void> {
    const isWanted = () => this.#state.phase === 'lost' && !this.#isClosed
    const found = this.#isServerHere ? null : await this.#hostSearch?.look(this.#place, this.#options.code)
    if (!found || !isWanted()) return
    if (found.serverUrl === this.#serverUrl) this.#options.signalling.renew()
    else {
      const way = await this.#travel.open(found.serverUrl)
      if (way && isWanted()) this.#moveToFound(way, found.pin)
      else way?.signalling.close()
    }
  }

  #moveToFound(way: Arrival, pin: string): void {
    const isSame = pin === this.#place.pin
    const place = this.#places.remember({ pin, addresses: [new URL(way.serverUrl).host] })
    this.#owesChat = !isSame
    this.#ownRule?.cancel()
    if (isSame) this.#company.tellAll({ kind: 'host-reached', isReached: true })
    this.#move(way, place, isSame && this.#state.phase !== 'settled' ? this.#state.before : this.#otherOf(place))
  }

  #move({ signalling, session, serverUrl }: Arrival, place: Place, hosting: Settled): void {
    const { log, useToken } = this.#options
    log('info', `The room goes on elsewhere: ${hosting.phase}`)
    this.#state = { phase: 'settled', hosting }
    this.#serverUrl = serverUrl
    this.#place = place
    this.#company.forget()
    this.#offers.clear()
    useToken(place.token)
    this.#options.signalling.moveTo(signalling, session)
    this.#events.emit('changed')
  }
}
