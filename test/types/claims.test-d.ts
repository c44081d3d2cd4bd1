import type { ConvexClaims } from 'convue'
import { useConvexClaims } from 'convue'
import { describe, expectTypeOf, it } from 'vitest'

describe('useConvexClaims', () => {
  const { claims, can } = useConvexClaims()

  it('returns claims of the registered type, or null', () => {
    expectTypeOf(claims.value).toEqualTypeOf<ConvexClaims | null>()
    expectTypeOf(claims.value!.sub).toEqualTypeOf<string>()
  })

  it('accepts a role, several roles or a condition', () => {
    expectTypeOf(can('admin')).toEqualTypeOf<boolean>()
    can(['admin', 'owner'] as const)
    can(({ sub, plan }) => sub === plan)
    // @ts-expect-error a condition returns a boolean
    can(() => 'admin')
    // @ts-expect-error the claims are read-only
    claims.value = null
  })
})
