import { describe, expect, it } from 'vitest'
import { FlightLog } from '../support/live/flight-log.ts'
import { useNuxtApp } from './fixture.ts'

const app = useNuxtApp()

/**
 * Records the requests of the app's server, and holds the responses to five queries, and on request to the session, until
 * all of them have arrived.
 */
function listen(isSessionHeld = false): FlightLog {
  const log = new FlightLog()
  const together: (() => void)[] = []
  app.intercept(async ({ method, url }) => {
    const name = `${method} ${new URL(url).pathname}`
    const { flight } = log.send(name)
    if (name === 'POST /api/query' || (isSessionHeld && name.endsWith('/get-session'))) {
      await new Promise<void>((resolve) => {
        together.push(resolve)
        if (together.length === (isSessionHeld ? 6 : 5))
          together.forEach(answer => answer())
      })
    }
    log.receive(flight)
    return undefined
  })
  return log
}

describe('rendering a page with five queries of its user', () => {
  it('requests the session and all five queries at once, and no token', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    await app.receiveKeys(ada)
    const log = listen(true)
    const { html } = await app.get('/five', ada.cookie)
    expect(html).toContain('Water the ferns')
    expect(html).toContain(`four ${ada.userId}`)
    expect(log.names().map(names => names.toSorted())).toEqual([['GET /api/auth/get-session', ...Array.from({ length: 5 }).fill('POST /api/query')]])
  })

  it('requests one token for all queries if no cookie contains a token', async () => {
    const ada = await app.signUp('Ada', ['Water the ferns'])
    ada.cookies.delete('better-auth.convex_jwt')
    const log = listen()
    const { html } = await app.get('/five', ada.cookie)
    expect(html).toContain('Water the ferns')
    expect([log.count('GET /api/auth/get-session'), log.count('GET /api/auth/convex/token'), log.count('POST /api/query')]).toEqual([1, 1, 5])
  })
})
