import type { Log } from '../log.ts'
import { HttpRefusal } from './http-refusal.ts'
import type { Exchange, Route } from './router.ts'

/** Has the route answer. Never rejects: what goes wrong is answered, and logged when nobody but the server is to blame. */
export const takeExchange = async (route: Route, exchange: Exchange, log: Log): Promise<void> => {
  try {
    await route.handle(exchange)
  } catch (fault) {
    if (fault instanceof HttpRefusal) exchange.json(fault.status, { message: fault.message })
    else {
      log('error', 'route-fault', { route: route.path, fault: String(fault) })
      if (exchange.response.headersSent) exchange.response.destroy()
      else exchange.json(500, { message: 'The server made a mistake.' })
    }
  }
}
