import { useConvexSignIn } from 'convue'
import { describe, expectTypeOf, it } from 'vitest'

describe('useConvexSignIn', () => {
  it('takes any call, and resolves with whether the user is signed in', () => {
    const { signIn, isPending, error } = useConvexSignIn({ timeoutMs: 1000 })
    expectTypeOf(signIn(async () => ({ data: null, error: null }))).toEqualTypeOf<Promise<boolean>>()
    expectTypeOf(signIn(() => {})).toEqualTypeOf<Promise<boolean>>()
    expectTypeOf(isPending.value).toEqualTypeOf<boolean>()
    expectTypeOf(error.value).toEqualTypeOf<unknown>()
    // @ts-expect-error the function is called by signIn
    void signIn(Promise.resolve())
  })
})
