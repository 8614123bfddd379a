import { expect, it, onTestFinished } from 'vitest'
import { speechLevel, watchLevel } from '#renderer/call/level-meter.ts'
import { eventually } from './await-media.ts'

it('is nothing for silence, everything for a shout, and grows between', () => {
  const loud = [0, 0.001, 0.01, 0.05, 0.2, 1].map((amplitude) => speechLevel(new Float32Array(64).fill(amplitude)))
  expect(loud[0]).toBe(0)
  expect(loud.at(-1)).toBe(1)
  expect(loud).toEqual(loud.toSorted((one, other) => one - other))
  expect(speechLevel(new Float32Array())).toBe(0)
})

it('moves while a track sounds, rests while it is silent, and ends on its own', async () => {
  const context = new AudioContext()
  const output = new MediaStreamAudioDestinationNode(context)
  const tone = new OscillatorNode(context)
  tone.connect(output)
  tone.start()
  onTestFinished(() => context.close())
  const [track] = output.stream.getAudioTracks()
  const levels: number[] = []
  const stops = [watchLevel(track!, (level) => levels.push(level)), watchLevel(track!, () => undefined)]
  await eventually(() => {
    expect(levels.at(-1)).toBeGreaterThan(0.5)
  })
  tone.disconnect()
  await eventually(() => {
    expect(levels.at(-1)).toBe(0)
  })
  for (const stop of [...stops, ...stops]) stop()
  const count = levels.length
  const again = watchLevel(track!, (level) => levels.push(level))
  await eventually(() => {
    expect(levels.length).toBeGreaterThan(count)
  })
  again()
  expect(track!.readyState).toBe('live')
})
