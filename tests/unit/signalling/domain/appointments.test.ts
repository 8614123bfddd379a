import { expect, test } from 'vitest'
import { Appointments } from '#signalling/domain/appointments.ts'
import { defaultServerLimits, type ServerLimits } from '#signalling/server-limits.ts'
import { MemoryStore } from '#signalling/store/memory-store.ts'
import { StoreFault } from '#signalling/store/store.ts'
import { ManualClock } from '#tests/helpers/signalling-domain.ts'

const CODE = 'k7mq2xvd9thr'
const DAY = 24 * 60 * 60_000
const report = (text: string) => ({ kind: 'report', format: 'text', text }) as const

const tokenOf = (created: ReturnType<Appointments['create']>): string => {
  if (!created.ok) throw new Error(`refused: ${created.code}`)
  return created.value.token
}

/** A store that answers every request of one kind with a fault while it is told to. */
class FailingStore extends MemoryStore {
  failing: 'nothing' | 'writing' | 'everything' = 'nothing'

  override findAppointment(id: string) {
    this.#meet('everything')
    return super.findAppointment(id)
  }
  override documents(id: string) {
    this.#meet('everything')
    return super.documents(id)
  }
  override addAppointment(...args: Parameters<MemoryStore['addAppointment']>) {
    this.#meet('writing')
    super.addAppointment(...args)
  }
  override setDocument(...args: Parameters<MemoryStore['setDocument']>) {
    this.#meet('writing')
    super.setDocument(...args)
  }
  override writeChats(...args: Parameters<MemoryStore['writeChats']>) {
    this.#meet('writing')
    super.writeChats(...args)
  }
  override logCall(...args: Parameters<MemoryStore['logCall']>) {
    this.#meet('writing')
    super.logCall(...args)
  }

  #meet(kind: 'writing' | 'everything') {
    if (this.failing === 'everything' || this.failing === kind) throw new StoreFault('full', new Error('no space'))
  }
}

const open = (changes: Partial<ServerLimits> = {}) => {
  const [clock, store] = [new ManualClock(), new FailingStore()]
  const faults: string[] = []
  const limits = { ...defaultServerLimits, ...changes }
  const onFault = ({ kind }: StoreFault) => faults.push(kind)
  const appointments = new Appointments({ store, limits, clock, onFault })
  return { clock, store, faults, appointments }
}

test('only the token that was answered sets documents, and it is not kept', () => {
  const { appointments, store } = open()
  const token = tokenOf(appointments.create('a', {}))
  expect(token).toMatch(/^[\w-]{43}$/)
  for (const wrong of [null, '', token.slice(1), token.toLowerCase() + 'x'])
    expect(appointments.setDocument('a', wrong, report('x'))).toMatchObject({ code: 'not-owner' })
  expect(appointments.documents('a')).toEqual([])
  expect(appointments.setDocument('a', token, report('x'))).toMatchObject({ ok: true })
  expect(Buffer.from(store.findAppointment('a')!.tokenHash!).includes(token)).toBe(false)
  expect(appointments.create('a', {})).toMatchObject({ code: 'taken' })
})

test('nobody owns what was made by arriving', () => {
  const { appointments } = open()
  expect(appointments.arrive('a', CODE)).toMatchObject({ ok: true })
  expect(appointments.setDocument('a', '', report('x'))).toMatchObject({ code: 'not-owner' })
  expect(appointments.setDocument('b', '', report('x'))).toMatchObject({ code: 'not-found' })
})

test('names that are made up differ', () => {
  const { appointments } = open()
  expect(new Set(Array.from({ length: 100 }, () => appointments.newId())).size).toBe(100)
})

test('what was unused for 90 days goes by itself, and any use keeps it', () => {
  const { appointments, clock } = open()
  for (const id of ['joined', 'opened', 'saved', 'unused']) appointments.arrive(id, CODE)
  clock.advance(60 * DAY)
  appointments.arrive('joined', CODE)
  appointments.open('opened')
  appointments.saveChats('saved', [{ text: 'hi' }])
  clock.advance(31 * DAY)
  expect(['joined', 'opened', 'saved', 'unused'].filter((id) => appointments.isKnown(id))).toEqual([
    'joined',
    'opened',
    'saved',
  ])
})

test('for a new appointment the longest unused one goes, but none that is in use', () => {
  const { appointments, clock } = open({ appointments: 2 })
  appointments.create('first', {})
  clock.advance(1000)
  appointments.create('second', {})
  expect(appointments.create('third', {})).toMatchObject({ code: 'too-many' })
  expect(appointments.arrive('third', CODE)).toMatchObject({ code: 'too-many' })
  clock.advance(defaultServerLimits.appointmentInUseMs)
  expect(appointments.create('third', {})).toMatchObject({ ok: true })
  expect(['first', 'second', 'third'].filter((id) => appointments.isKnown(id))).toEqual(['second', 'third'])
})

test('texts of all together are bounded', () => {
  const { appointments } = open({ storedSizeInMemory: 100 })
  appointments.arrive('a', CODE)
  expect(appointments.saveChats('a', [{ text: 'x'.repeat(50) }])).toMatchObject({ ok: true })
  const token = tokenOf(appointments.create('b', {}))
  expect(appointments.setDocument('b', token, report('x'.repeat(60)))).toMatchObject({ code: 'not-stored' })
  expect(appointments.setDocument('b', token, report('x'.repeat(20)))).toMatchObject({ ok: true })
  expect(appointments.saveChats('a', [{ text: 'y'.repeat(50) }])).toMatchObject({ code: 'not-stored' })
  expect(appointments.chats('a')).toHaveLength(1)
})

test('an appointment that was long unused does not go for its own chats or documents', () => {
  const { appointments, clock } = open({ storedSizeInMemory: 100 })
  const token = tokenOf(appointments.createWith('mine', report('x'.repeat(40))))
  clock.advance(1000)
  appointments.createWith('newer', report('x'.repeat(40)))
  clock.advance(2 * defaultServerLimits.appointmentInUseMs)
  expect(appointments.saveChats('mine', [{ text: 'x'.repeat(30) }])).toMatchObject({ ok: true })
  expect(['mine', 'newer'].filter((id) => appointments.isKnown(id))).toEqual(['mine'])
  expect(appointments.setDocument('mine', token, report('x'.repeat(50)))).toMatchObject({ code: 'not-stored' })
  expect(appointments.document('mine', 'report')?.size).toBe(40)
})

test('a store that takes nothing refuses what writes, and what is there is still read', () => {
  const { appointments, store, faults } = open()
  const token = tokenOf(appointments.createWith('a', report('kept')))
  store.failing = 'writing'
  expect(appointments.create('b', {})).toMatchObject({ code: 'not-stored' })
  expect(appointments.arrive('b', CODE)).toMatchObject({ code: 'not-stored' })
  expect(appointments.saveChats('a', [{}])).toMatchObject({ code: 'not-stored' })
  expect(appointments.setDocument('a', token, report('lost'))).toMatchObject({ code: 'not-stored' })
  appointments.logCall({ started: 1, ended: 2, kind: 'audio', outcome: 'ended' })
  expect(faults).toEqual(['full', 'full', 'full', 'full', 'full'])
  expect(appointments.arrive('a', CODE)).toMatchObject({ ok: true })
  expect(appointments.document('a', 'report')?.text).toBe('kept')
})

test('an appointment whose first document can not be stored is not made', () => {
  const { appointments, store } = open({ storedSizeInMemory: 10 })
  expect(appointments.createWith('a', report('x'.repeat(11)))).toMatchObject({ code: 'not-stored' })
  expect(store.findAppointment('a')).toBeNull()
})

test('a store that can not even be read has nothing', () => {
  const { appointments, store } = open()
  appointments.arrive('a', CODE)
  store.failing = 'everything'
  expect([appointments.isKnown('a'), appointments.open('a'), appointments.documents('a')]).toEqual([false, null, []])
})

test('closing ends the pruning', () => {
  const { appointments, clock } = open()
  expect(clock.pending).toBe(1)
  appointments.close()
  expect(clock.pending).toBe(0)
})
