import type { Auth0VueClient } from '@auth0/auth0-vue'
import type { LoadedClerk } from '@clerk/shared/types'
import type { createClient } from '@workos-inc/authkit-js'
import type { Auth0Client, ClerkClient, ConvexAuthStorage, OidcClient, WorkosCallbacks, WorkosClient } from 'convue/sources'
import type { UserManager } from 'oidc-client-ts'
import { describe, expectTypeOf, it } from 'vitest'

describe('convue/sources', () => {
  it('accepts the clients of the providers', () => {
    expectTypeOf<Auth0VueClient>().toExtend<Auth0Client>()
    expectTypeOf<LoadedClerk>().toExtend<ClerkClient>()
    expectTypeOf<UserManager>().toExtend<OidcClient>()
    expectTypeOf<Awaited<ReturnType<typeof createClient>>>().toExtend<WorkosClient>()
    expectTypeOf<Storage>().toExtend<ConvexAuthStorage>()
    expectTypeOf<WorkosCallbacks>().toExtend<NonNullable<Parameters<typeof createClient>[1]>>()
  })
})
