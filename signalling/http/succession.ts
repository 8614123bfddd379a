import type { Rooms } from '../domain/rooms.ts'
import { originOf } from '../domain/origins.ts'
import type { Route } from './router.ts'

const NOT_HERE = 'This computer does not go on with such a room.'

/**
 * `GET /succession/:code`: the will by which this computer goes on with a room whose host is gone, for whoever has an invitation
 * of a former one. Of any other room, whether it is here or not, the answer is the same.
 */
export const successionRoute = (rooms: Pick<Rooms, 'adoptions'>): Route => ({
  method: 'GET',
  path: '/succession/:code',
  // Knowing the code is the proof; nothing is told but keys.
  hasOwnProof: true,
  handle: (exchange) => {
    const found = rooms.adoptions.willOf(exchange.param('code'), originOf(exchange.address))
    if (found.ok) exchange.json(200, found.value)
    else if (found.code === 'too-many-requests') exchange.json(429, { message: found.message })
    else exchange.json(404, { message: NOT_HERE })
  },
})
