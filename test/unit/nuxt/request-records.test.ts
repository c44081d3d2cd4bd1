import type { H3Event } from '../../../src/nuxt/runtime/server/nitro.ts'
import type { AssumedIdentity } from '../../../src/nuxt/runtime/server/utils/assumed-identity.ts'
import type { EventConvex } from '../../../src/nuxt/runtime/server/utils/request-convex.ts'
import type { RequestRecord, RequestRecords } from '../../../src/nuxt/runtime/server/utils/request-records.ts'
import { describe, expect, it } from 'vitest'
import { createRequestRecords } from '../../../src/nuxt/runtime/server/utils/request-records.ts'
import { fakeToken } from '../../support/scripted/fake-token.ts'

function eventOf(path: string): H3Event {
  return { method: 'GET', path, node: { res: { statusCode: 200, getHeader: () => undefined } } } as unknown as H3Event
}

function convexOf(details: Partial<EventConvex> = {}): EventConvex {
  const request = { fetchAuthQuery: async () => 'rows' } as unknown as EventConvex['request']
  return { request, anonymousRequest: request, findIdentity: async () => null, assumeIdentity: async () => null, sharedBy: null, ...details }
}

/** Records a request in which the server uses Convue. */
async function record(records: RequestRecords, convex: EventConvex, use: (convex: EventConvex) => Promise<unknown>, path = '/'): Promise<RequestRecord> {
  const event = eventOf(path)
  records.start(event)
  await use(records.wrap(event, convex))
  records.end(event)
  return records.latest[0]!
}

describe('createRequestRecords', () => {
  it('records the identity of a request, the calls, and nothing of requests without Convue', async () => {
    const records = createRequestRecords()
    const event = eventOf('/image.png')
    records.start(event)
    records.end(event)
    expect(records.latest).toEqual([])
    const latest = await record(records, convexOf(), async ({ findIdentity, request }) => {
      await findIdentity()
      await request.fetchAuthQuery('tasks:list' as any, {} as any)
    })
    expect(latest).toMatchObject({ path: '/', status: 200, identity: 'anonymous', sharedBy: null, queries: [{ name: 'tasks:list' }] })
    expect(latest.queries[0]).not.toHaveProperty('error')
  })

  it('names the reason why a route is anonymous for all users', async () => {
    const convex = convexOf({ sharedBy: 'the route rule `isr`', findIdentity: async () => undefined })
    const latest = await record(createRequestRecords(), convex, ({ findIdentity }) => findIdentity())
    expect(latest).toMatchObject({ sharedBy: 'the route rule `isr`', identity: 'anonymous, as for all users' })
  })

  it('records the error of a failing query, and passes it on', async () => {
    const fetchAuthQuery = async (): Promise<never> => {
      throw new Error('Too many rows')
    }
    const convex = convexOf({ request: { fetchAuthQuery } as unknown as EventConvex['request'] })
    const latest = await record(createRequestRecords(), convex, ({ request }) =>
      expect(request.fetchAuthQuery('tasks:list' as any, {} as any)).rejects.toThrow('Too many rows'))
    expect(latest.queries).toEqual([{ name: 'tasks:list', durationMs: expect.any(Number), error: 'Too many rows' }])
  })

  it('says that an identity is unknown if Better Auth does not answer', async () => {
    const convex = convexOf({ findIdentity: async () => undefined })
    const latest = await record(createRequestRecords(), convex, ({ findIdentity }) => findIdentity())
    expect(latest.identity).toBe('unknown: Better Auth does not answer')
    expect(latest).not.toHaveProperty('tokenAge')
  })

  it('records the user of a page that was rendered before the session was confirmed', async () => {
    const auth = { user: { id: 'ada', name: 'Ada' }, session: { id: 'session' }, token: fakeToken('ada') }
    const assumed = { auth, found: Promise.resolve(auth), outcome: Promise.resolve('correct'), isAwaited: false } as unknown as AssumedIdentity
    const convex = convexOf({ assumeIdentity: async () => assumed })
    const latest = await record(createRequestRecords(), convex, async ({ assumeIdentity }) => (await assumeIdentity())!.outcome)
    expect(latest).toMatchObject({ identity: 'Ada', tokenAge: expect.stringMatching(/^\d of 900 s$/) })
  })

  it('keeps the latest 20 requests, newest first', async () => {
    const records = createRequestRecords()
    for (let index = 1; index <= 21; index++)
      await record(records, convexOf(), async () => {}, `/${index}`)
    expect(records.latest.map(({ path }) => path)).toEqual(Array.from({ length: 20 }, (_, index) => `/${21 - index}`))
  })
})
