import { expect, it } from 'vitest'
import { MovableSignalling } from '#renderer/call/movable-signalling.ts'
import { FarSignalling, offer, patience } from './succession/tunnel-ends.ts'

const openFar = () =>
  new FarSignalling(
    () => ({ ok: true, value: {} }),
    () => Promise.resolve(true),
  )

/** At the first of two servers; the way to the next one is open, as it is for whoever moves there. */
const setUp = async () => {
  const [first, next] = [openFar(), openFar()]
  const signalling = new MovableSignalling(first)
  const heard: string[] = []
  signalling.on('lost', () => heard.push('lost'))
  signalling.on('opened', ({ peerId }) => heard.push(`opened ${peerId}`))
  signalling.on('peer:away', ({ id }) => heard.push(`away ${id}`))
  signalling.on('refused', (code) => heard.push(`refused ${code}`))
  signalling.on('server:stopping', () => heard.push('stopping'))
  expect(await signalling.connect(patience)).toEqual({ ok: true, value: first.session })
  await next.connect(patience)
  return { first, next, signalling, heard }
}

it('is the way to the first server until it is moved', async () => {
  const { first, signalling, heard } = await setUp()
  expect(signalling.isOnline).toBe(true)
  first.events.emit('peer:away', { id: 'ann' })
  first.events.emit('server:stopping', undefined)
  first.events.emit('lost')
  first.events.emit('refused', 'access-denied')
  first.events.emit('opened', first.session)
  expect(heard).toEqual(['away ann', 'stopping', 'lost', 'refused access-denied', `opened ${first.session.peerId}`])
  await signalling.request('room:leave', {})
  signalling.sendSignal('ann', offer)
  expect(first.requests.map(({ name }) => name)).toEqual(['room:leave'])
  expect(first.signals).toEqual([{ to: 'ann', signal: offer }])
})

it('moved, looks like a server that was lost and is back, once', async () => {
  const { first, next, signalling, heard } = await setUp()
  signalling.moveTo(next, next.session)
  expect(heard).toEqual(['lost', `opened ${next.session.peerId}`])
  expect(first.isClosed).toBe(true)
  expect(next.isClosed).toBe(false)
})

it('moved away from a server that was lost already, does not lose it again', async () => {
  const { first, next, signalling, heard } = await setUp()
  first.isOnline = false
  first.events.emit('lost')
  signalling.moveTo(next, next.session)
  expect(heard).toEqual(['lost', `opened ${next.session.peerId}`])
})

it('moved, speaks to the next server, and hears that one only', async () => {
  const { first, next, signalling, heard } = await setUp()
  signalling.moveTo(next, next.session)
  heard.length = 0
  first.events.emit('peer:away', { id: 'ann' })
  first.events.emit('lost')
  first.events.emit('opened', first.session)
  expect(heard).toEqual([])
  next.events.emit('peer:away', { id: 'ben' })
  expect(heard).toEqual(['away ben'])
  await signalling.request('room:leave', {})
  signalling.sendSignal('ben', offer)
  expect(first.requests).toEqual([])
  expect(first.signals).toEqual([])
  expect(next.requests.map(({ name }) => name)).toEqual(['room:leave'])
  expect(next.signals).toEqual([{ to: 'ben', signal: offer }])
  signalling.renew()
  expect(heard).toEqual(['away ben', 'lost', `opened ${next.session.peerId}`])
})

it('is at the next server already when those who listen hear of it', async () => {
  const { next, signalling } = await setUp()
  const asked: Promise<unknown>[] = []
  signalling.on('opened', () => asked.push(signalling.request('room:leave', {})))
  signalling.moveTo(next, next.session)
  await Promise.all(asked)
  expect(next.requests.map(({ name }) => name)).toEqual(['room:leave'])
})

it('moves again, and back', async () => {
  const { first, next, signalling, heard } = await setUp()
  signalling.moveTo(next, next.session)
  const back = openFar()
  await back.connect(patience)
  signalling.moveTo(back, back.session)
  expect([first.isClosed, next.isClosed, back.isClosed]).toEqual([true, true, false])
  expect(heard.filter((word) => word === 'lost')).toHaveLength(2)
  heard.length = 0
  next.events.emit('peer:away', { id: 'ann' })
  back.events.emit('peer:away', { id: 'ben' })
  expect(heard).toEqual(['away ben'])
})

it('closed, says no more, and has closed the present way', async () => {
  const { next, signalling, heard } = await setUp()
  signalling.moveTo(next, next.session)
  heard.length = 0
  signalling.close()
  expect(next.isClosed).toBe(true)
  next.events.emit('lost')
  next.events.emit('peer:away', { id: 'ann' })
  expect(heard).toEqual([])
  expect(signalling.isOnline).toBe(false)
})
