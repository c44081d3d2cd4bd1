import type { H3Event } from '../../../src/nuxt/runtime/server/nitro.ts'
import { describe, expect, it, vi } from 'vitest'
import { requireConvexUser } from '../../../src/nuxt/runtime/server/utils/use-convex-server.ts'

vi.mock('../../../src/nuxt/runtime/server/nitro.ts', async () => {
  const { createError } = await import('h3')
  return { createError }
})

const session = { user: { id: 'ada', name: 'Ada' }, session: { id: 'first' } }

function eventOf(found: object | null, sharedBy: string | null): H3Event {
  const request = { getSession: async () => found }
  return { context: { convue: { of: () => ({ request, sharedBy }) } } } as unknown as H3Event
}

describe('requireConvexUser', () => {
  it('returns the session of the user', async () => {
    expect(await requireConvexUser(eventOf(session, null))).toBe(session)
  })

  it('throws a 401 for an anonymous request', async () => {
    await expect(requireConvexUser(eventOf(null, null))).rejects.toMatchObject({ statusCode: 401, statusMessage: 'Unauthorized', message: 'Unauthorized' })
  })

  it('throws a 401 that names the rule for which the response is anonymous', async () => {
    await expect(requireConvexUser(eventOf(null, 'the route rule `isr`'))).rejects.toMatchObject({
      statusCode: 401,
      statusMessage: 'Unauthorized',
      message: 'This response is the same for all users because of the route rule `isr`, so it is anonymous.',
    })
  })
})
