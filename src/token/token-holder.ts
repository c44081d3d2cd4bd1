/** The current token, its renewal, and the callers that wait for it. Does not check tokens. */
import type { Clock } from './clock.ts'
import type { Token } from './token.ts'
import { keyedEffect } from './clock.ts'
import { renewalDelay } from './token.ts'

export interface TokenHolder {
  readonly current: Token | null
  /** Whether the current token has not been passed to the connection yet. */
  readonly isUndelivered: boolean
  accept: (received: { token: Token, ageMs?: number | undefined }) => void
  /** Drops the token. The promises of callers that wait for a token never settle. */
  clear: () => void
  /**
   * Returns the current token for the connection, if there is one. With `isForced`, only a token
   * that has not been delivered yet is returned, because the deployment may have rejected the
   * delivered one.
   */
  take: (isForced: boolean, isUsable: boolean) => string | undefined
  /** Resolves with the next token that {@link deliver} delivers. */
  next: () => Promise<string>
  /**
   * Delivers an undelivered token to the callers that wait. Returns `true` if no caller waits, so
   * that the token remains undelivered.
   */
  deliver: () => boolean
  /** Whether the token has lived for this share of its lifetime. */
  hasLived: (share: number) => boolean
  /** Requests another token if the timer for the renewal should have fired by now. */
  wake: () => void
  /** Schedules the renewal of a token, and cancels that of the previous one. */
  setRenewal: (token: Token | null) => void
  /** The time on the clock at which the current token was issued. Absent in a production build. */
  issuedAt?: () => number
}

/** `initial` is the token that a server used. `renew` requests another token. */
export function createTokenHolder(clock: Clock, initial: Token | null, renew: () => void): TokenHolder {
  let current = initial
  let undelivered = initial
  let receivedAt = clock.now() - (initial ? ageOnArrival(initial, clock.now()) : 0)
  let waiting: ((token: string) => void)[] = []
  /** Not negative, even if the clock has been set back: the renewal must not be late. */
  const age = (): number => Math.max(clock.now() - receivedAt, 0)

  /**
   * The only timer for renewals. The Convex client itself requests another token only 10 s before
   * its token expires. This is too late if the token endpoint fails at that moment. It may be even
   * later, because the client counts the age of the page twice when it computes the time. With this
   * timer, the renewed token arrives before the client requests one.
   */
  const setRenewal = keyedEffect(({ lifetimeMs }: Token) => {
    const MIN_DELAY_MS = 1000
    return clock.schedule(renew, Math.max(renewalDelay(lifetimeMs) - age(), MIN_DELAY_MS))
  })

  return {
    get current() {
      return current
    },
    get isUndelivered() {
      return !!undelivered
    },
    accept({ token, ageMs = 0 }) {
      undelivered = current = token
      receivedAt = clock.now() - ageMs
    },
    clear() {
      waiting = []
      undelivered = current = null
    },
    take(isForced, isUsable) {
      const token = isForced ? undelivered : isUsable && current
      if (!token)
        return
      undelivered = null
      return token.value
    },
    next: () => new Promise(resolve => waiting.push(resolve)),
    deliver() {
      if (undelivered && waiting.length > 0) {
        for (const resolve of waiting.splice(0))
          resolve(undelivered.value)
        undelivered = null
      }
      return !!undelivered
    },
    hasLived: share => !!current && age() >= current.lifetimeMs * share,
    wake() {
      if (current && age() >= renewalDelay(current.lifetimeMs))
        renew()
    },
    setRenewal,
    ...process.env.NODE_ENV !== 'production' && { issuedAt: () => receivedAt },
  }
}

/**
 * The age of a token that arrived in a server-rendered page. If the clocks of server and browser
 * differ so much that the age cannot be determined, the token counts as new.
 */
function ageOnArrival({ lifetimeMs, expiresAt }: Token, now: number): number {
  const remainingMs = expiresAt - now
  return remainingMs > 0 && remainingMs < lifetimeMs ? lifetimeMs - remainingMs : 0
}
