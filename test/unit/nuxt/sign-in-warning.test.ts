import { beforeEach, describe, expect, it } from 'vitest'
import { warnOfMissingSignIn } from '../../../src/nuxt/runtime/app/utils/sign-in-warning.ts'
import { expectConsole } from '../../support/environment/console-guard.ts'

beforeEach(() => {
  Reflect.deleteProperty(globalThis, Symbol.for('convue.nuxt.sign-in-warnings'))
})

describe('warnOfMissingSignIn', () => {
  it('names the page, its target and the option, once for each path', () => {
    for (const page of ['/account', '/account', '/tasks'])
      warnOfMissingSignIn(page, `/sign-in?redirect=${page}`, () => true)
    for (const page of ['/account', '/tasks'])
      expectConsole(new RegExp(`SIGN_IN_PAGE_MISSING.*The page ${page} has .*redirected to /sign-in, and .*convex\\.signInPath`))
  })

  it('does not warn if the app has the page, and looks for the page once', () => {
    let looks = 0
    for (let visits = 0; visits < 2; visits++) {
      warnOfMissingSignIn('/account', '/sign-in', () => {
        looks++
        return false
      })
    }
    expect(looks).toBe(1)
  })
})
