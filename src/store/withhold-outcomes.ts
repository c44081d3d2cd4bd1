import type { QueryOutcome } from '../client/identity-client.ts'
/** Keeps errors of a user's queries from the page while they may mean no more than that the user is being signed out. */
import type { AuthEngine } from '../token/auth-engine.ts'
import { batch } from '../reactivity/batch.ts'
import { isIdentityChange } from '../token/auth-state.ts'

/**
 * A session ends on the server before the page knows it, and live queries of the user then fail at
 * once. Their last results stay, as stale, until the identity has changed (which removes them) or
 * the session turns out to go on (which shows the errors).
 */
export interface Withholding {
  /**
   * Whether an outcome is not to be shown yet. `reveal` is called if it is to be shown later, and not
   * at all after an identity change.
   */
  withhold: (outcome: QueryOutcome, reveal: () => void) => boolean
  /** Ends the session. While the request is under way, outcomes are withheld. */
  signOut: () => Promise<void>
  close: () => void
}

/** A session whose end is to be found out. */
interface SessionCheck {
  sessionId: string | null
  /** The provider has been asked. */
  isRequested: boolean
  /** The provider names another session of the same user. */
  isReplaced: boolean
}

/** A check of the session withholds outcomes for no longer, in milliseconds. */
const LIMIT_MS = 10_000
/**
 * How long a check of the session waits, in milliseconds. A changed password replaces the session, and its cookie arrives after the live queries
 * have failed, in another tab perhaps. A request with the old cookie would end both: Better Auth answers it by removing the cookie.
 */
const DELAY_MS = 2000
/** After a check of the session, errors are believed for this long, in milliseconds. */
const PAUSE_MS = 5000

/** `whenIdle` resolves once no request that may change the session is under way on this page. */
export function createWithholding(engine: AuthEngine, whenIdle = () => Promise.resolve()): Withholding {
  const reveals = new Set<() => void>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let checkTimer: ReturnType<typeof setTimeout> | undefined
  let signOuts = 0
  let lastCheck = -Infinity
  let check: SessionCheck | undefined

  engine.subscribe((state, former) => {
    if (isIdentityChange(former, state)) {
      lastCheck = -Infinity
      return end(false)
    }
    if (!check)
      return
    const { lastReportedSession } = state
    const isReported = lastReportedSession !== former.lastReportedSession
    // Under another session, queries succeed as soon as its token has been sent.
    check.isReplaced ||= isReported && lastReportedSession?.sessionId !== check.sessionId
    if (check.isRequested && !check.isReplaced && (isReported || !state.request))
      end(true)
  })

  function end(isRevealing: boolean): void {
    clearTimeout(timer)
    clearTimeout(checkTimer)
    timer = check = undefined
    // A sign-out that is under way decides about them: it fails or succeeds within a limit of its own.
    if (isRevealing && signOuts > 0)
      return
    const withheld = [...reveals]
    reveals.clear()
    if (isRevealing)
      batch(() => withheld.forEach(reveal => reveal()))
  }

  function checkSession(): void {
    const { lastReportedSession, user } = engine.state
    const started: SessionCheck = { sessionId: (lastReportedSession ?? user)?.sessionId ?? null, isRequested: false, isReplaced: false }
    check = started
    timer = setTimeout(end, LIMIT_MS, true)
    lastCheck = performance.now()
    const request = (): void => {
      if (started.isReplaced)
        return
      started.isRequested = true
      engine.refreshSession()
    }
    void whenIdle().then(() => {
      if (check === started)
        checkTimer = setTimeout(request, DELAY_MS)
    })
  }

  return {
    withhold(outcome, reveal) {
      const isSuspect = signOuts > 0 ? isEmpty(outcome) : isUnauthenticated(outcome)
      const isUnderWay = signOuts > 0 || !!check
      if (!isSuspect || (!isUnderWay && performance.now() - lastCheck < PAUSE_MS))
        return false
      reveals.add(reveal)
      if (!isUnderWay)
        checkSession()
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
        // A request that failed may have ended the session all the same, whether or not a query fails. The provider knows.
        if (--signOuts === 0 && !check && (hasFailed || reveals.size > 0))
          checkSession()
      }
    },
    close: () => end(false),
  }
}

/** What a query may answer where there is no user any more. */
function isEmpty(outcome: QueryOutcome): boolean {
  return outcome.status === 'error' || (outcome.status === 'success' && outcome.value === null)
}

/** What `getAuthUser` of `@convex-dev/better-auth` throws where there is no session any more. */
function isUnauthenticated(outcome: QueryOutcome): boolean {
  return outcome.status === 'error' && (outcome.error as Error & { data?: unknown }).data === 'Unauthenticated'
}
