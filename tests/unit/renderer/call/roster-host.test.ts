import { describe, expect, it, onTestFinished } from 'vitest'
import type { PeerId } from '#signalling/protocol.ts'
import type { HostWord } from '#renderer/call/control-message.ts'
import { makeCertificate } from '#renderer/call/link-configuration.ts'
import { randomId } from '#renderer/call/random-id.ts'
import { eventually } from './await-media.ts'
import { channels, collectConnections } from './link-pair.ts'
import { FakeRoom, Page } from './trust/fake-room.ts'
import { ManInTheMiddle, relaying } from './trust/man-in-the-middle.ts'

const word: HostWord = { kind: 'host-reached', isReached: false }

/** What this page is told about the computer that hosts. */
const listen = ({ roster }: Page) => {
  const heard: { readonly from: PeerId; readonly word: HostWord }[] = []
  roster.on('host', (from, said) => heard.push({ from, word: said }))
  return heard
}
/** How many words about hosts have arrived over the channels that are made from now on; `say` sends one over each. */
const watchChannels = () => {
  const connections = collectConnections()
  const followed = new Set<RTCDataChannel>()
  let count = 0
  const follow = () => {
    for (const connection of connections) {
      const channel = channels.get(connection)
      if (!channel || followed.has(channel)) continue
      followed.add(channel)
      channel.addEventListener('message', ({ data }: MessageEvent<string>) => {
        if (data.includes('host-reached')) count++
      })
    }
  }
  const timer = setInterval(follow, 10)
  onTestFinished(() => {
    clearInterval(timer)
  })
  const say = (said: HostWord) => {
    for (const channel of followed) if (channel.readyState === 'open') channel.send(JSON.stringify(said))
  }
  return Object.assign(() => count, { say })
}

const connected = async (page: Page, name: string): Promise<void> => {
  await eventually(() => {
    expect(page.person(name).link).toBe('connected')
  })
}

describe('a word about the computer that hosts', () => {
  it('goes to somebody inside over the link, with who said it', async () => {
    const room = new FakeRoom()
    const [ann, ben] = [await room.join('Ann'), await room.join('Ben')]
    const [atAnn, atBen] = [listen(ann), listen(ben)]
    await connected(ann, 'Ben')
    await connected(ben, 'Ann')
    expect(ann.roster.tell(ben.id, word)).toBe(true)
    const offer: HostWord = {
      kind: 'taken-over',
      host: { pin: 'p'.repeat(43), addresses: ['10.0.0.2:8001'] },
      token: 't',
    }
    expect(ben.roster.tell(ann.id, offer)).toBe(true)
    await eventually(() => {
      expect(atBen).toEqual([{ from: ann.id, word }])
      expect(atAnn).toEqual([{ from: ben.id, word: offer }])
    })
  })

  it('does not go out to somebody who is not there, or is gone', async () => {
    const room = new FakeRoom()
    const [ann, ben] = [await room.join('Ann'), await room.join('Ben')]
    await connected(ann, 'Ben')
    expect(ann.roster.tell(randomId(), word)).toBe(false)
    room.leave(ben)
    expect(ann.roster.tell(ben.id, word)).toBe(false)
  })

  it('does not go out before the link is there', async () => {
    const room = new FakeRoom()
    room.intercept = () => true
    const [ann, ben] = [await room.join('Ann'), await room.join('Ben')]
    expect(ann.roster.tell(ben.id, word)).toBe(false)
  })

  it('is not told to, nor taken from, somebody in front of the room', async () => {
    const arrived = watchChannels()
    const room = new FakeRoom()
    const ann = await room.join('Ann')
    const atAnn = listen(ann)
    const ben = new Page('Ben', await makeCertificate(), {}, room)
    const atBen = listen(ben)
    room.pages.push(ben)
    // Ben looks only: his link connects, and carries nothing yet.
    ben.roster.prepare([ann.info])
    await connected(ben, 'Ann')
    expect(ben.roster.tell(ann.id, word)).toBe(false)
    expect(ann.roster.tell(ben.id, word)).toBe(false)
    // A page that keeps to no rule: as far as it knows, it is inside.
    ben.roster.enter()
    ben.roster.settle(ben.id, [ann.info, ben.info])
    await eventually(() => {
      expect(ben.roster.tell(ann.id, word)).toBe(true)
    })
    await eventually(() => {
      expect(arrived()).toBe(1)
    })
    expect(atAnn).toEqual([])
    // Now he is let in, and heard.
    ann.roster.admit(ben.info)
    expect(ben.roster.tell(ann.id, word)).toBe(true)
    await eventually(() => {
      expect(atAnn).toEqual([{ from: ben.id, word }])
    })
    expect(atBen).toEqual([])
  })

  it('is not told to, nor taken from, somebody with a person in the middle', async () => {
    const secret = randomId()
    const arrived = watchChannels()
    const room = new FakeRoom()
    const ids: PeerId[] = []
    await ManInTheMiddle.between(
      room,
      () => ids[0]!,
      () => ids[1]!,
      relaying,
    )
    const pages: Page[] = []
    for (const name of ['Ann', 'Ben']) {
      const page = new Page(name, await makeCertificate(), { secret }, room)
      ids.push(page.id)
      pages.push(page)
    }
    for (const page of pages) room.admit(page)
    const [ann, ben] = [pages[0]!, pages[1]!]
    await ann.trusts('Ben', 'intercepted')
    await ben.trusts('Ann', 'intercepted')
    expect(ann.roster.tell(ben.id, word)).toBe(false)
    expect(ben.roster.tell(ann.id, word)).toBe(false)
    const heard = [listen(ann), listen(ben)]
    // Each end of both connections, those of the one in the middle, too.
    arrived.say(word)
    await eventually(() => {
      expect(arrived()).toBe(4)
    })
    expect(heard).toEqual([[], []])
  })
})

describe('how long somebody is silent', () => {
  it('is told from their link, and is forever without one', async () => {
    const room = new FakeRoom()
    const [ann, ben] = [await room.join('Ann'), await room.join('Ben')]
    expect(ann.roster.silentMs(randomId())).toBe(Infinity)
    await connected(ann, 'Ben')
    await eventually(() => {
      expect(ann.roster.silentMs(ben.id)).toBeLessThan(1500)
    })
    room.leave(ben)
    expect(ann.roster.silentMs(ben.id)).toBe(Infinity)
  })
})
