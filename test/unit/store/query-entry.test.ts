import type { IdentityClient, QueryOutcome, Subscription } from '../../../src/client/identity-client.ts'
import type { IdentityClients } from '../../../src/client/identity-clients.ts'
import type { RunsAs } from '../../../src/client/identity-for.ts'
import type { QueryDescriptor } from '../../../src/shared/query-descriptor.ts'
import { describe, expect, it } from 'vitest'
import { QueryEntry } from '../../../src/store/query-entry.ts'

const query = { name: 'users:whoami', args: {}, auth: 'optional', isLive: true, key: 'whoami' } as unknown as QueryDescriptor

/**
 * A client on which every query has its result at once, like a query that is already subscribed in another auth mode.
 */
function clientOf(owner: string): IdentityClient {
  const outcome: QueryOutcome = { status: 'success', value: owner, isStale: false }
  const client = {
    subscribe: () => ({ client, query, token: owner, outcome }) as unknown as Subscription,
    release() {},
  } as unknown as IdentityClient
  return client
}

/** An entry that is bound to the clients of one page, whose identity a test changes. */
function createEntry(isLive = true) {
  const clients: Record<string, IdentityClient> = { user: clientOf('ada'), anonymous: clientOf('anonymous') }
  const page = { runsAs: 'anonymous' as RunsAs }
  const connection = {
    calls: { isSending: false, hasOptimisticCalls: false },
    runsAs: () => page.runsAs,
    clientFor: (_mode: unknown, isHeld: boolean) => isHeld ? 'waiting' : clients[page.runsAs]!,
  } as unknown as IdentityClients
  return { page, entry: new QueryEntry({ ...query, isLive }, connection, () => false) }
}

describe('QueryEntry', () => {
  describe('bind, while the queries of a page are held after an identity change', () => {
    it.each([[true, 'a live query'], [false, 'a query that is not live']])('shows an anonymous result as stale as soon as the user has a token: %j, %s', (isLive) => {
      const { page, entry } = createEntry(isLive)
      entry.bind(false, false)
      expect(entry.state.value).toMatchObject({ value: 'anonymous', isStale: false })
      page.runsAs = 'user'
      entry.bind(false, true)
      expect(entry.state.value).toMatchObject({ value: 'anonymous', isStale: true })
      entry.bind(false, false)
      expect(entry.state.value).toMatchObject({ value: 'ada', isStale: false })
    })

    it('keeps the result of the current identity as it is', () => {
      const { page, entry } = createEntry()
      page.runsAs = 'user'
      entry.bind(false, false)
      entry.bind(false, true)
      expect(entry.state.value).toMatchObject({ value: 'ada', isStale: false })
      page.runsAs = 'anonymous'
      entry.bind(true, false)
      expect(entry.state.value).toMatchObject({ value: 'anonymous', isStale: false })
    })
  })
})
