import type { TokenAnswer, TokenNeed } from '../../../src/tabs/hub/shared-tokens.ts'
import { beforeEach, describe, expect, it } from 'vitest'
import { PATIENCE_MS, SharedTokens } from '../../../src/tabs/hub/shared-tokens.ts'
import { fakeToken } from '../../support/scripted/fake-token.ts'

const SECOND = 1000

/** When tokens are renewed whose lifetime is 900 s, in milliseconds. */
const RENEWAL_MS = 810 * SECOND

interface Asked extends TokenNeed { answers: TokenAnswer[] }

let now: number
let tokens: SharedTokens

beforeEach(() => {
  now = 1_000_000
  tokens = new SharedTokens(() => now)
})

function ask(details: Partial<Omit<TokenNeed, 'answer'>> = {}): Asked {
  const answers: TokenAnswer[] = []
  const need = { scope: 'app', session: 'ada', current: null, after: 0, ...details, answer: (answer: TokenAnswer) => answers.push(answer), answers }
  tokens.ask(need)
  return need
}

const issue = (): string => fakeToken('ada', { issuedAt: Math.floor(now / 1000) })

/** A token of a session, which a tab has requested and shared. */
function shareToken(session = 'ada'): string {
  const need = ask({ session, after: tokens.lastNumber })
  expect(need.answers).toEqual([{ type: 'request' }])
  const token = issue()
  tokens.share(need, session, token)
  return token
}

const use = (token: string, ageMs = 0): TokenAnswer => ({ type: 'use', token, ageMs })
const REQUEST: TokenAnswer = { type: 'request' }
const IDENTIFY: TokenAnswer = { type: 'identify' }

describe('SharedTokens', () => {
  describe('one request', () => {
    it('answers all tabs that need a token of the same session', () => {
      const [first, ...others] = Array.from({ length: 10 }, () => ask())
      expect(first!.answers).toEqual([REQUEST])
      expect(others.flatMap(({ answers }) => answers)).toEqual([])
      const token = issue()
      now += 70
      tokens.share(first!, 'ada', token)
      expect(others.map(({ answers }) => answers)).toEqual(others.map(() => [use(token, 70)]))
      expect(first!.answers).toEqual([REQUEST])
    })

    it('answers a tab that opens later, until the token is due for renewal', () => {
      const token = shareToken()
      now += RENEWAL_MS - 1
      expect(ask().answers).toEqual([use(token, RENEWAL_MS - 1)])
      now += 1
      expect(ask().answers).toEqual([REQUEST])
    })

    it('answers a tab whose token is older, but not a tab whose token is as recent', () => {
      const current = issue()
      now += RENEWAL_MS
      const token = shareToken()
      expect(ask({ current }).answers).toEqual([use(token)])
      expect(ask({ current: token }).answers).toEqual([REQUEST])
    })

    it('does not answer tabs with another session, deployment or provider', () => {
      shareToken()
      expect(ask({ session: 'bob' }).answers).toEqual([REQUEST])
      expect(ask({ scope: 'other app' }).answers).toEqual([REQUEST])
      expect(ask({ scope: 'other app', session: null }).answers).toEqual([IDENTIFY])
    })

    it('answers only tabs of a session with its token, whichever tab has requested it', () => {
      const first = ask({ session: null })
      const [ada, bob] = [ask({ session: 'ada' }), ask({ session: 'bob' })]
      expect([ada.answers, bob.answers]).toEqual([[], []])
      const token = issue()
      tokens.share(first, 'ada', token)
      expect(ada.answers).toEqual([use(token)])
      expect(bob.answers).toEqual([REQUEST])
    })
  })

  describe('a tab that does not know its session yet', () => {
    it('requests a token at once if no other tab does', () => {
      expect(ask({ session: null }).answers).toEqual([REQUEST])
    })

    it('must identify itself if another tab has a token, or requests one', () => {
      const first = ask()
      expect(ask({ session: null }).answers).toEqual([IDENTIFY])
      tokens.share(first, 'ada', issue())
      expect(ask({ session: null }).answers).toEqual([IDENTIFY])
      now += RENEWAL_MS
      expect(ask({ session: null }).answers).toEqual([REQUEST])
    })
  })

  describe('a tab that requests for others', () => {
    it('is replaced by one of them when it ends', () => {
      const [first, second, third] = [ask(), ask(), ask()]
      tokens.drop(first)
      expect([second.answers, third.answers]).toEqual([[REQUEST], []])
      const token = issue()
      tokens.share(second, 'ada', token)
      expect(third.answers).toEqual([use(token)])
    })

    it('makes all of them request by themselves when it fails', () => {
      const [first, second, third] = [ask(), ask(), ask()]
      tokens.fail(first)
      expect([second.answers, third.answers]).toEqual([[REQUEST], [REQUEST]])
    })

    it('does not delay other tabs for longer than five seconds', () => {
      const [first, second, third] = [ask(), ask(), ask()]
      now += PATIENCE_MS
      tokens.takeOver(second)
      expect(ask().answers).toEqual([])
      const token = issue()
      tokens.share(second, 'ada', token)
      expect([second.answers, third.answers]).toEqual([[], [use(token)]])
      // The first request is answered at last: its token is older.
      tokens.share(first, 'ada', issue())
      expect(ask().answers).toEqual([use(token)])
    })

    it('does not delay a tab that opens after these five seconds', () => {
      ask()
      now += PATIENCE_MS
      expect(ask({ session: null }).answers).toEqual([REQUEST])
    })
  })

  describe('a request that has begun before it was needed', () => {
    it('does not answer a tab that needs a token that is requested later', () => {
      const token = shareToken()
      const pending = ask({ after: tokens.lastNumber })
      const [doubting, other] = [ask({ after: tokens.lastNumber }), ask()]
      expect(doubting.answers).toEqual([REQUEST])
      expect(other.answers).toEqual([use(token)])
      tokens.share(pending, 'ada', issue())
      expect(doubting.answers).toEqual([REQUEST])
    })

    it('answers several such tabs if it begins after the doubts of all of them', () => {
      shareToken()
      const after = tokens.lastNumber
      const [first, second] = [ask({ after }), ask({ after })]
      expect([first.answers, second.answers]).toEqual([[REQUEST], []])
      const token = issue()
      tokens.share(first, 'ada', token)
      expect(second.answers).toEqual([use(token)])
    })

    it('answers no tab after the deployment has refused a token', () => {
      const refused = shareToken()
      const pending = ask({ current: refused })
      const waiting = ask({ current: refused })
      tokens.doubtAll()
      expect(waiting.answers).toEqual([REQUEST])
      tokens.share(pending, 'ada', issue())
      const [first, second] = [ask(), ask()]
      expect([first.answers, second.answers]).toEqual([[], []])
      const token = issue()
      tokens.share(waiting, 'ada', token)
      expect([first.answers, second.answers]).toEqual([[use(token)], [use(token)]])
    })
  })

  describe('a session that may have ended', () => {
    it('loses its token, and the other sessions keep theirs', () => {
      shareToken()
      const token = shareToken('bob')
      tokens.forget('ada')
      expect(ask().answers).toEqual([REQUEST])
      expect(ask({ session: 'bob' }).answers).toEqual([use(token)])
    })

    it('does not use a request that has begun before', () => {
      const [first, second] = [ask(), ask()]
      tokens.forget('ada')
      expect(second.answers).toEqual([REQUEST])
      tokens.share(first, 'ada', issue())
      const third = ask()
      expect(third.answers).toEqual([])
      tokens.fail(second)
      expect(third.answers).toEqual([REQUEST])
    })

    it('does not use the request of a tab that does not know its session yet', () => {
      const first = ask({ session: null })
      tokens.forget('ada')
      tokens.share(first, 'ada', issue())
      expect(ask().answers).toEqual([REQUEST])
    })
  })
})
