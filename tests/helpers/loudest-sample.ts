import type { Locator } from 'playwright'

/** What is louder comes from somebody: the fake microphone beeps once a second. */
export const AUDIBLE = 0.01

/** The loudest sample of the stream that this element plays, as soon as one is audible or `limitMs` are over; from 0 to 1. */
export const loudestSample = (player: Locator, limitMs: number): Promise<number> =>
  player.evaluate(
    async (element, { limit, audible }) => {
      const stream = (element as HTMLMediaElement).srcObject as MediaStream
      const context = new AudioContext()
      await context.resume()
      const analyser = context.createAnalyser()
      context.createMediaStreamSource(stream).connect(analyser)
      const samples = new Float32Array(analyser.fftSize)
      const until = performance.now() + limit
      let loudest = 0
      while (loudest < audible && performance.now() < until) {
        await new Promise((resolve) => requestAnimationFrame(resolve))
        analyser.getFloatTimeDomainData(samples)
        loudest = samples.reduce((max, sample) => Math.max(max, Math.abs(sample)), loudest)
      }
      await context.close()
      return loudest
    },
    { limit: limitMs, audible: AUDIBLE },
  )
