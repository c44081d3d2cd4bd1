/** Withholds errors of a user's queries that may only mean that the user is being signed out. */
import type { QueryOutcome } from '../client/identity-client.ts'
import type { Cancel } from '../shared/schedule.ts'
import type { AuthEngine } from '../token/auth-engine.ts'
import { isUnauthenticatedError } from '../errors/is-unauthenticated-error.ts'
import { batch } from '../reactivity/batch.ts'
import { schedule } from '../shared/schedule.ts'
import { isIdentityChange } from '../token/auth-state.ts'
import { nextCheck, NO_CHECK, startCheck } from './session-check.ts'

/**
 * When a session ends on the server, the live queries of the user fail before the page is informed
 * that the session has ended. Meanwhile, the last results remain visible and are marked as stale.
 * If the identity then changes, the results are removed. If the session turns out to be valid, the
 * errors are shown.
 */
export interface Withholding {
  /**
   * Returns whether the outcome must not be shown yet. `reveal` is called when the outcome may be
   * shown after all. It is never called after an identity change.
   */
  withhold: (outcome: QueryOutcome, reveal: () => void) => boolean
  /** Signs the user out. While the request is under way, empty results and errors are withheld. */
  signOut: () => Promise<void>
  close: () => void
}

/**
 * @param engine The engine that holds the session of the page.
 * @param whenIdle Resolves once no request that may change the session is under way on this page.
 */
export function createWithholding(engine: AuthEngine, whenIdle?: () => Promise<void>): Withholding {
  /** The longest time for which a check of the session withholds outcomes, in milliseconds. */
  const LIMIT_MS = 10_000
  /**
   * How long a check of the session waits before its request, in milliseconds. A changed password
   * replaces the session, and the cookie of the new session arrives after the live queries have
   * failed, perhaps in another tab. If a request carries the previous cookie, the response of
   * Better Auth deletes the session cookie. This would also delete the cookie of the new session.
   */
  const DELAY_MS = 2000
  /** After a check has started, errors are not withheld again for this time, in milliseconds. */
  const PAUSE_MS = 5000

  const reveals = new Set<() => void>()
  let check = NO_CHECK
  let lastCheckAt = -Infinity
  /** How many sign-outs are under way. */
  let signOuts = 0
  let cancelLimit: Cancel | undefined
  let cancelDelay: Cancel | undefined

  engine.subscribe((state, previous) => {
    if (isIdentityChange(previous, state)) {
      lastCheckAt = -Infinity
      return dropAll()
    }
    check = nextCheck(check, state, previous)
    // Without a check nothing is withheld, so that there is nothing to reveal.
    if (check.kind === 'none')
      endCheck()
  })

  async function checkSession(): Promise<void> {
    const started = startCheck(engine.state)
    check = started
    lastCheckAt = performance.now()
    cancelLimit = schedule(endCheck, LIMIT_MS)
    await whenIdle?.()
    if (check === started)
      cancelDelay = schedule(requestSession, DELAY_MS)
  }

  function requestSession(): void {
    if (check.kind !== 'due')
      return
    check = { ...check, kind: 'requested' }
    engine.refreshSession()
  }

  function endCheck(): void {
    cancelLimit?.()
    cancelDelay?.()
    check = NO_CHECK
    // While a sign-out is under way, the outcomes remain withheld. If the sign-out succeeds, the
    // identity change drops them. If it fails, another check decides about them.
    if (signOuts)
      return
    const withheld = [...reveals]
    reveals.clear()
    batch(() => withheld.forEach(reveal => reveal()))
  }

  /** Forgets the withheld outcomes, which belong to the previous user. */
  function dropAll(): void {
    reveals.clear()
    endCheck()
  }

  return {
    withhold(outcome, reveal) {
      // During a sign-out, any error or `null` may mean that the session has ended.
      const isSuspicious = signOuts
        ? !!outcome.error || outcome.value === null
        : isUnauthenticatedError(outcome.error)
      const isDoubtful = signOuts || check.kind !== 'none'
      if (!isSuspicious || (!isDoubtful && performance.now() - lastCheckAt < PAUSE_MS))
        return false
      reveals.add(reveal)
      if (!isDoubtful)
        void checkSession()
      return true
    },
    async signOut() {
      signOuts++
      let hasFailed = true
      try {
        await engine.signOut()
        hasFailed = false
      }
      finally {
        signOuts--
        // A sign-out request that failed may still have ended the session, even if no query has
        // failed. So the session is checked.
        if (!signOuts && check.kind === 'none' && (hasFailed || reveals.size > 0))
          void checkSession()
      }
    },
    close: dropAll,
  }
}
