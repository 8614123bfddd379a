import { expect, test } from 'vitest'
import { HeldOutputs } from '#signalling/cluster/held-outputs.ts'

const setUp = () => {
  const told: string[] = []
  const logged: string[] = []
  const outputs = new HeldOutputs((_level, event) => void logged.push(event))
  const add = (text: string, flush: number, written = 0, key: string | null = null) =>
    outputs.add({ flush, key, run: () => told.push(text) }, written)
  return { told, logged, outputs, add }
}

test('what nothing has to be written for runs at once', () => {
  const { told, add } = setUp()
  add('now', 1, 1)
  expect(told).toEqual(['now'])
})

test('what comes later does not overtake what waits, even when its own flush is written', () => {
  const { told, outputs, add } = setUp()
  add('first', 2, 1)
  add('second', 1, 1)
  expect(told).toEqual([])
  outputs.release(1)
  expect(told).toEqual([])
  outputs.release(2)
  expect(told).toEqual(['first', 'second'])
})

test('only what waits for a written flush is released', () => {
  const { told, outputs, add } = setUp()
  add('first', 1)
  add('second', 2)
  outputs.release(1)
  expect([told, outputs.size]).toEqual([['first'], 1])
})

test('what an output adds runs behind those that wait already', () => {
  const { told, outputs, add } = setUp()
  outputs.add({ flush: 1, key: null, run: () => add('added', 1, 1) }, 0)
  add('waiting', 1)
  outputs.release(1)
  expect(told).toEqual(['waiting', 'added'])
})

test('what an output adds that runs at once runs behind it, without anything else to come', () => {
  const { told, outputs, add } = setUp()
  const run = () => {
    add('added', 1, 1)
    told.push('first')
  }
  outputs.add({ flush: 1, key: null, run }, 1)
  expect([told, outputs.size]).toEqual([['first', 'added'], 0])
})

test('whoever waits for an output is told that it was dropped, with its place or as the oldest, and nobody else is', () => {
  const { told, logged, outputs } = setUp()
  for (const key of ['name:one', 'name:two', 'name:one', null])
    outputs.add({ flush: 1, key, run: () => told.push('run'), dropped: () => told.push(`not ${String(key)}`) }, 0)
  const fault = () => {
    throw new Error('a fault')
  }
  outputs.add({ flush: 1, key: 'name:one', run: fault, dropped: fault }, 0)
  const tell = outputs.drop('name:one')
  expect(told).toEqual([])
  tell()
  outputs.dropOldest()
  expect([told, logged, outputs.size]).toEqual([['not name:one', 'not name:one', 'not name:two'], ['output-fault'], 1])
})

test('outputs of a dropped place never run, those of others do', () => {
  const { told, outputs, add } = setUp()
  add('one', 1, 0, 'name:one')
  add('two', 1, 0, 'name:two')
  add('none', 1)
  expect(outputs.oldestKey).toBe('name:one')
  outputs.drop('name:one')
  outputs.release(1)
  expect(told).toEqual(['two', 'none'])
})

test('a fault of one is logged, and the others run', () => {
  const { told, logged, outputs, add } = setUp()
  const run = () => {
    throw new Error('a fault')
  }
  outputs.add({ flush: 1, key: null, run }, 0)
  add('another', 1)
  outputs.release(1)
  expect([told, logged]).toEqual([['another'], ['output-fault']])
})
