import type { ConvexOptions, ConvexPlugin } from 'convue'
import type { Deployment, Identity } from 'convue/testing'
import { signUp } from 'convue/testing'
import { describe, expectTypeOf, it } from 'vitest'

declare const deployment: Deployment

describe('signUp: types', () => {
  it('takes a deployment, and any fields of the user', () => {
    expectTypeOf(signUp).toBeCallableWith(deployment)
    expectTypeOf(signUp).toBeCallableWith(deployment, { name: 'Ada', email: 'ada@example.com', password: 'correct horse battery' })
    // @ts-expect-error A sign-up has no such field.
    expectTypeOf(signUp).toBeCallableWith(deployment, { age: 36 })
  })

  it('resolves with the data that components and calls need to run as the user', () => {
    type User = Awaited<ReturnType<typeof signUp>>
    expectTypeOf<User['plugin']>().toEqualTypeOf<ConvexPlugin>()
    expectTypeOf<User['options']>().toEqualTypeOf<ConvexOptions>()
    expectTypeOf<User['identity']>().toExtend<Identity>()
    expectTypeOf<User['user']['id']>().toBeString()
    expectTypeOf<User['authClient']['signIn']['email']>().toBeFunction()
  })
})
