import { expect, it } from 'vitest'
import type { Signal } from '#signalling/protocol.ts'
import { SignalRoute } from '#renderer/call/signal-route.ts'

const facing = { epoch: 'ours', isFirstAnswerDue: false }
const theirs: Signal = { kind: 'description', epoch: 'theirs', toEpoch: 'ours', type: 'offer', sdp: 'v=0' }
const answer = { kind: 'description', type: 'answer', sdp: 'v=0' } as const

/** A route whose link is open and heard on this side; tells which way each signal went. */
const openRoute = ({ isLinkHeard = true, canSend = true } = {}) => {
  const ways: string[] = []
  const route = new SignalRoute({
    canSend: () => canSend,
    send: () => ways.push('server'),
    sendOverLink: () => {
      if (isLinkHeard) ways.push('link')
      return isLinkHeard
    },
    isLinkHeard: () => isLinkHeard,
    log: () => undefined,
  })
  return { route, ways }
}

it('goes over the link as long as nothing says that the other side does not hear it', () => {
  const { route, ways } = openRoute()
  route.take(theirs, facing, 'link')
  route.say(answer, facing)
  expect(ways).toEqual(['link'])
})

it('answers through the server whoever speaks through it though there is a link: it is dead in one direction', () => {
  const { route, ways } = openRoute()
  route.take(theirs, facing, 'server')
  route.say(answer, facing)
  expect(ways).toEqual(['server'])
  route.take(theirs, facing, 'link')
  route.say(answer, facing)
  expect(ways).toEqual(['server', 'link'])
})

it('takes the link all the same when there is no way through the server', () => {
  const { route, ways } = openRoute({ canSend: false })
  route.take(theirs, facing, 'server')
  route.say(answer, facing)
  expect(ways).toEqual(['link'])
})

it('does not hold it against a link that was not there yet', () => {
  const { route, ways } = openRoute({ isLinkHeard: false })
  route.take(theirs, facing, 'server')
  route.say(answer, facing)
  expect(ways).toEqual(['server'])
})
