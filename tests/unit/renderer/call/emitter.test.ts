import { expect, it, onTestFinished } from 'vitest'
import { Emitter } from '#renderer/call/emitter.ts'

it('tells each listener in the order they came, until it is removed', () => {
  const events = new Emitter<{ said: [string, number] }>()
  const heard: string[] = []
  const stop = events.on('said', (word, count) => heard.push(`1 ${word} ${String(count)}`))
  events.on('said', (word) => heard.push(`2 ${word}`))
  events.emit('said', 'a', 1)
  stop()
  stop()
  events.emit('said', 'b', 2)
  expect(heard).toEqual(['1 a 1', '2 a', '2 b'])
})

it('removes one of two registrations of the same listener', () => {
  const events = new Emitter<{ tick: [] }>()
  let count = 0
  const listener = (): void => {
    count++
  }
  const stop = events.on('tick', listener)
  events.on('tick', listener)
  stop()
  events.emit('tick')
  expect(count).toBe(1)
})

it('reports a listener that throws, and still tells the others', () => {
  const reported: unknown[] = []
  const onError = (event: ErrorEvent): void => {
    event.preventDefault()
    event.stopImmediatePropagation()
    reported.push(event.error)
  }
  window.addEventListener('error', onError, { capture: true })
  onTestFinished(() => {
    window.removeEventListener('error', onError, { capture: true })
  })
  const events = new Emitter<{ tick: [] }>()
  const fault = new Error('bad listener')
  let isHeard = false
  events.on('tick', () => {
    throw fault
  })
  events.on('tick', () => {
    isHeard = true
  })
  events.emit('tick')
  expect(isHeard).toBe(true)
  expect(reported).toEqual([fault])
})
