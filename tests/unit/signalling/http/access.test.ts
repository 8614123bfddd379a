import { expect, test } from 'vitest'
import { Access, tokensOf } from '#signalling/http/access.ts'

const TOKEN = '0123456789abcdef'

test('[J12] without a token of its own a server is open to everybody', () => {
  const open = new Access(null)
  expect([open.mayEnter([]), open.mayCreate([])]).toEqual([true, true])
})

test('[J12] the token lets its holder make rooms; everybody may come in', () => {
  const access = new Access({ token: TOKEN, scope: 'create' })
  expect([access.mayEnter([]), access.mayCreate([])]).toEqual([true, false])
  expect(access.mayCreate([TOKEN])).toBe(true)
})

test('[C11] asked for everything, nobody comes in without it', () => {
  const access = new Access({ token: TOKEN, scope: 'all' })
  expect([access.mayEnter([]), access.mayEnter([TOKEN])]).toEqual([false, true])
})

test.each([[], [''], ['0123456789abcde'], ['0123456789abcdef0'], ['0123456789ABCDEF'], ['a', 'b', 'c']])(
  '[J12] nothing but the very token is good: %j',
  (...tokens) => {
    expect(new Access({ token: TOKEN, scope: 'create' }).mayCreate(tokens)).toBe(false)
  },
)

test('a token comes in the header or in the query, and either is enough', () => {
  const headers = { authorization: 'Bearer one' }
  expect(tokensOf({ headers, url: '/x?token=two&token=three&y=1' })).toEqual(['one', 'two', 'three'])
  expect(tokensOf({ headers: { authorization: 'Basic b25l' }, url: '/x?t=two' })).toEqual([])
  expect(tokensOf({ headers: {}, url: '/x?token=a%20b' })).toEqual(['a b'])
})
