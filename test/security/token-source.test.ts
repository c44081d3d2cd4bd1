import type { TokenOutcome } from 'convue'
import { Buffer } from 'node:buffer'
import { useAuthedQuery } from 'convue'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fakeToken } from '../support/scripted/fake-token.ts'
import { identityApi as api, leaveHint, recordTicks, scriptIdentity } from '../support/scripted/identity.ts'
import { ScriptedPage, setupScriptedPage } from '../support/scripted/scripted-page.ts'
import { signedIn } from '../support/scripted/scripted-source.ts'

let page: ScriptedPage
const rejections: unknown[] = []
const onRejection = (reason: unknown): void => void rejections.push(reason)
beforeEach(() => {
  process.on('unhandledRejection', onRejection)
})
afterEach(async () => {
  // Node reports rejections when the microtasks have run.
  await new Promise(resolve => setTimeout(resolve))
  process.off('unhandledRejection', onRejection)
  expect(rejections.splice(0)).toEqual([])
})
setupScriptedPage()

function openPage(user: string | null = 'ada', answer?: () => TokenOutcome) {
  page = new ScriptedPage({ user })
  if (answer)
    page.source.answer = answer
  scriptIdentity(page.deployment)
  const { result: tasks } = page.run(() => useAuthedQuery(api.tasks, {}))
  return { tasks, source: page.source, auth: page.convex.auth }
}

/** An unsigned token with any claims. */
function tokenWith(claims: string): string {
  return ['{"alg":"none"}', claims, 'signature'].map(part => Buffer.from(part).toString('base64url')).join('.')
}

function throwing(what: string): never {
  throw new Error(`${what} was touched`)
}

describe('tokenSource', () => {
  describe('an outcome whose fields throw', () => {
    const outcomes: [string, () => TokenOutcome][] = [
      ['kind', () => ({ get kind() { return throwing('kind') } }) as never],
      ['token', () => ({ kind: 'token', get token() { return throwing('token') } }) as never],
      ['error', () => ({ kind: 'failed', get error() { return throwing('error') } }) as never],
      ['retryAfterMs', () => ({ kind: 'failed', error: new Error('later'), get retryAfterMs() { return throwing('retryAfterMs') } }) as never],
      ['everything', () => new Proxy({}, { get: (_target, name) => name === 'then' ? undefined : throwing(String(name)) }) as never],
    ]

    it.each(outcomes)('counts as a failed request, which is retried after a second: %s', async (_name, outcome) => {
      const { source, auth, tasks } = openPage('ada', outcome)
      await page.tick(100)
      expect(auth.error.value).toMatchObject({ code: 'TOKEN_REQUEST_FAILED' })
      source.answer = () => ({ kind: 'token', token: fakeToken('ada') })
      await page.tick(1500)
      expect(tasks.data.value).toBe('ada\'s tasks')
    })
  })

  describe('a token with an impossible or a short lifetime', () => {
    it.each([
      ['no end in sight', '"iat":1,"exp":1e308'],
      ['infinite', '"iat":1,"exp":1e999'],
      ['over before it began', '"iat":1e12,"exp":1'],
      ['words', '"iat":"now","exp":"soon"'],
      ['numbers in words', '"iat":"1","exp":"901"'],
      ['lists and objects', '"iat":[],"exp":{"valueOf":1}'],
      ['truth', '"iat":1,"exp":true'],
      ['nothing', '"iat":null,"exp":null'],
      ['a moment', '"iat":2000000000,"exp":2000000000.001'],
      ['none', '"iat":2000000000,"exp":2000000000'],
      ['a second', '"iat":2000000000,"exp":2000000001'],
      ['negative', '"iat":-1e308,"exp":-1'],
    ])('is used without a burst of requests: %s', async (_name, claims) => {
      let serial = 0
      const { source, tasks } = openPage('ada', () => ({ kind: 'token', token: tokenWith(`{"sub":"ada","serial":${++serial},${claims}}`) }))
      await page.tick(100)
      expect(tasks.data.value).toBe('ada\'s tasks')
      await page.tick(60_000)
      // A token with a lifetime of one second needs one request a second.
      expect(source.requests.length).toBeLessThanOrEqual(61)
      expect(tasks.data.value).toBe('ada\'s tasks')
    })

    it.each([0.001, 1, 2, 2.5, 3, 5, 10, 11])('is renewed at most once a second if its lifetime is %s seconds', async (lifetime) => {
      let serial = 0
      const { source, tasks } = openPage('ada', () => {
        const now = Math.floor(Date.now() / 1000)
        return { kind: 'token', token: tokenWith(`{"sub":"ada","serial":${++serial},"iat":${now},"exp":${now + lifetime}}`) }
      })
      await page.tick(60_000)
      expect(source.requests.length).toBeLessThanOrEqual(61)
      expect(tasks.data.value).toBe('ada\'s tasks')
    })
  })

  describe('a token of a user whom the provider has not reported', () => {
    it('never makes the page show one user the data of another user', async () => {
      const { source, tasks } = openPage()
      await page.tick(100)
      const ticks = recordTicks(() => [page.convex.auth.user.value?.id, tasks.data.value])
      let turn = 0
      source.answer = () => ({ kind: 'token', token: fakeToken(turn++ % 2 ? 'ada' : 'bea') })
      for (let renewal = 0; renewal < 6; renewal++)
        await page.tick(900_000)
      expect(turn).toBeGreaterThan(2)
      const pairs = [...new Set(ticks)].map(text => JSON.parse(text) as [string, string | null])
      expect(pairs).toContainEqual(['bea', 'bea\'s tasks'])
      expect(pairs.filter(([user, data]) => data && data !== `${user}'s tasks`)).toEqual([])
      const otherUsers = page.deployment.executions.filter(({ subject }) => subject !== 'ada' && subject !== 'bea')
      expect(otherUsers).toEqual([])
    })
  })

  describe('a user id that is a name or a keyword of JavaScript', () => {
    it.each(['__proto__', 'constructor', 'toString', 'null', 'undefined'])('is treated like any other id: %s', async (userId) => {
      const { source, tasks, auth } = openPage(userId)
      await page.tick(100)
      expect(tasks.data.value).toBe(`${userId}'s tasks`)
      source.report({ status: 'signedOut' })
      expect(tasks.data.value).toBeUndefined()
      expect(auth.user.value).toBeNull()
      source.signIn('ada')
      await page.tick(100)
      expect(tasks.data.value).toBe('ada\'s tasks')
    })
  })

  describe('a token with hostile claims', () => {
    it('can neither set the id of the user nor add properties to other objects', async () => {
      leaveHint(new ScriptedPage().deployment)
      const claims = '{"sub":"ada","iat":1,"exp":901,"__proto__":{"isAdmin":true},"constructor":1,"id":"mallory"}'
      const { auth } = openPage('silent', () => ({ kind: 'token', token: tokenWith(claims) }))
      await page.tick(100)
      expect(auth.user.value!.id).toBe('ada')
      expect(auth.user.value!.isAdmin).toBeUndefined()
      expect(({} as any).isAdmin).toBeUndefined()
    })
  })

  describe('a provider that throws in `refresh` or `signOut`', () => {
    it('is called again after `refresh` has thrown', async () => {
      const { source, tasks } = openPage()
      await page.tick(100)
      source.refresh = () => throwing('refresh')
      // A browser reports the error like any error of a listener.
      expect(() => dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }))).toThrow('refresh')
      source.refresh = () => source.report(signedIn('bea'))
      source.answer = () => ({ kind: 'token', token: fakeToken('bea') })
      await page.tick(12_000)
      expect(tasks.data.value).toBe('bea\'s tasks')
    })

    it('does not change the page if `signOut` throws or never settles', async () => {
      const { source, tasks, auth } = openPage()
      await page.tick(100)
      source.signOut = () => throwing('signOut')
      await expect(auth.signOut()).rejects.toMatchObject({ code: 'SIGN_OUT_FAILED' })
      source.signOut = () => new Promise(() => {})
      const outcome = auth.signOut().catch(error => error.code)
      await page.tick(60_000)
      expect(await outcome).toBe('SIGN_OUT_FAILED')
      expect(tasks.data.value).toBe('ada\'s tasks')
    })
  })
})
