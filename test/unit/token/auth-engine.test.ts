import type { AuthTrace } from '../../../src/token/auth-engine.ts'
import type { SessionSnapshot, TokenOutcome } from '../../../src/token/token-source.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createAuthEngine } from '../../../src/token/auth-engine.ts'
import { ManualClock, settled, startEngine } from '../../support/scripted/engine.ts'
import { fakeToken } from '../../support/scripted/fake-token.ts'
import { ScriptedSource, signedIn } from '../../support/scripted/scripted-source.ts'

const MINUTE = 60_000
/** The age at which a token of 15 minutes is renewed. */
const RENEWAL = 810_000

// The longest jitter: delays are 1, 2, 4, … seconds.
beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(1))
afterEach(() => void vi.restoreAllMocks())

/** Starts an engine whose user has a confirmed token. */
async function startAuthenticated(options: Parameters<typeof startEngine>[0] & { token?: string } = {}) {
  const { token = fakeToken('ada'), ...rest } = options
  const trial = startEngine({ snapshot: signedIn('ada'), ...rest })
  const first = trial.engine.requestToken(false)
  trial.source.lastRequest.settle({ kind: 'token', token })
  await expect(first).resolves.toBe(token)
  trial.engine.dispatch({ type: 'authenticated' })
  expect(trial.engine.state.status).toBe('authenticated')
  return trial
}

/** The state of a promise, without waiting for the promise. */
function watched<T>(promise: Promise<T>): { value: T | 'pending' | 'rejected' } {
  const outcome: { value: T | 'pending' | 'rejected' } = { value: 'pending' }
  promise.then(value => outcome.value = value, () => outcome.value = 'rejected')
  return outcome
}

describe('createAuthEngine', () => {
  describe('a page without a session', () => {
    it('sends no token request', async () => {
      const { engine, source, clock } = startEngine()
      await clock.advance(5000)
      source.report({ status: 'signedOut' })
      await clock.advance(60 * MINUTE)
      expect(source.requests).toHaveLength(0)
      expect(engine.state.status).toBe('unauthenticated')
    })

    it('holds no timer', async () => {
      const { source, clock } = startEngine()
      source.report({ status: 'signedOut' })
      expect(clock.timerCount).toBe(0)
    })
  })

  describe('mayBeSignedIn', () => {
    it('sends the token request synchronously', () => {
      expect(startEngine({ mayBeSignedIn: true }).source.requests).toHaveLength(1)
    })

    it('is also read from the snapshot of the provider', () => {
      expect(startEngine({ snapshot: { status: 'pending', mayBeSignedIn: true } }).source.requests).toHaveLength(1)
    })

    it('sends one request even if the provider reports before `subscribe` returns', async () => {
      class EagerSource extends ScriptedSource {
        override subscribe = (listener: (snapshot: SessionSnapshot) => void): (() => void) => {
          listener(signedIn('ada'))
          return () => {}
        }
      }
      const { source } = startEngine({ source: new EagerSource() })
      await settled()
      expect(source.requests).toHaveLength(1)
      expect(source.lastRequest.signal.aborted).toBe(false)
    })
  })

  describe('concurrent calls of requestToken', () => {
    it('share one request and resolve with one token', async () => {
      const { engine, source } = startEngine({ snapshot: signedIn('ada') })
      const calls = [false, true, false, true].map(isForced => engine.requestToken(isForced))
      const token = fakeToken('ada')
      expect(source.requests).toHaveLength(1)
      source.lastRequest.settle({ kind: 'token', token })
      expect(await Promise.all(calls)).toEqual([token, token, token, token])
      expect(source.requests).toHaveLength(1)
    })

    it('share one request even if each is forced', async () => {
      const { engine, source, clock } = await startAuthenticated()
      clock.sleep(RENEWAL)
      const calls = [engine.requestToken(true), engine.requestToken(true), engine.requestToken(true)]
      const token = fakeToken('ada')
      expect(source.requests).toHaveLength(2)
      expect(source.lastRequest.force).toBe(true)
      source.lastRequest.settle({ kind: 'token', token })
      expect(await Promise.all(calls)).toEqual([token, token, token])
    })

    it('resolve with the current token unless they are forced', async () => {
      const token = fakeToken('ada')
      const { engine, source } = await startAuthenticated({ token })
      await expect(engine.requestToken(false)).resolves.toBe(token)
      expect(source.requests).toHaveLength(1)
    })

    it('wait together during a back-off', async () => {
      const { engine, source, clock } = startEngine({ snapshot: signedIn('ada') })
      const first = engine.requestToken(false)
      source.lastRequest.settle({ kind: 'failed', error: new Error('503') })
      await clock.advance(500)
      const second = engine.requestToken(true)
      await clock.advance(400)
      expect(source.requests).toHaveLength(1)
      await clock.advance(200)
      const token = fakeToken('ada')
      source.lastRequest.settle({ kind: 'token', token })
      expect(await Promise.all([first, second])).toEqual([token, token])
      expect(source.requests).toHaveLength(2)
    })
  })

  describe('a provider that misbehaves', () => {
    const failures: [string, (source: ScriptedSource) => void][] = [
      ['rejects', source => source.fetchToken = () => Promise.reject(new Error('offline'))],
      ['rejects without a reason', source => source.fetchToken = () => Promise.reject(undefined)], // eslint-disable-line prefer-promise-reject-errors
      ['hangs', source => source.fetchToken = () => new Promise(() => {})],
      ['throws synchronously', source => source.fetchToken = () => {
        throw new Error('bug')
      }],
      ['answers undefined', source => source.fetchToken = async () => undefined as never],
      ['answers null', source => source.fetchToken = async () => null as never],
      ['answers a string', source => source.fetchToken = async () => 'token' as never],
      ['returns no promise', source => source.fetchToken = () => ({ kind: 'nonsense' }) as never],
      ['sends a string that is not a JWT', source => source.fetchToken = async () => ({ kind: 'token', token: 'garbage' })],
      ['sends a token that is not a string', source => source.fetchToken = async () => ({ kind: 'token', token: null }) as never],
      ['sends a token without a subject', source => source.fetchToken = async () => ({ kind: 'token', token: `a.${btoa('{"exp":1}')}.c` })],
      ['fails without a reason', source => source.fetchToken = async () => ({ kind: 'failed' }) as never],
      ['fails with an invalid delay', source => source.fetchToken = async () => ({ kind: 'failed', error: new Error('429'), retryAfterMs: Number.NaN })],
    ]

    it.each(failures)('keeps requestToken pending, keeps the user and retries: it %s', async (_name, fail) => {
      const source = new ScriptedSource(signedIn('ada'))
      const wellBehaved = source.fetchToken
      fail(source)
      const fetchToken = vi.spyOn(source, 'fetchToken')
      const { engine, clock } = startEngine({ source })
      const call = watched(engine.requestToken(false))
      await clock.advance(10_400)
      expect(call.value).toBe('pending')
      expect(engine.state).toMatchObject({ status: 'loading', user: { id: 'ada' } })
      expect(engine.state.error).toBeInstanceOf(Error)
      expect(fetchToken.mock.calls.length).toBeLessThanOrEqual(5)

      const token = fakeToken('ada')
      source.answer = () => ({ kind: 'token', token })
      source.fetchToken = wellBehaved
      await clock.advance(MINUTE)
      expect(call.value).toBe(token)
      expect(engine.state.status).toBe('authenticating')
    })

    it('is aborted after ten seconds', async () => {
      const { engine, source, clock } = startEngine({ snapshot: signedIn('ada') })
      await clock.advance(9999)
      expect(source.lastRequest.signal.aborted).toBe(false)
      await clock.advance(1)
      expect(source.lastRequest.signal.aborted).toBe(true)
      expect(engine.state).toMatchObject({ error: { code: 'TOKEN_REQUEST_TIMEOUT' }, request: { status: 'waiting' } })
    })

    it('cannot answer an attempt that was aborted', async () => {
      const { engine, source, clock } = startEngine({ snapshot: signedIn('ada') })
      const late = source.lastRequest
      await clock.advance(10_000)
      late.settle({ kind: 'denied' })
      await settled()
      expect(engine.state).toMatchObject({ status: 'loading', request: { status: 'waiting' } })
    })

    it('is requested again if it never reports a session', async () => {
      const { engine, source, clock } = startEngine()
      await clock.advance(10_000)
      expect(engine.state).toMatchObject({ error: { code: 'TOKEN_REQUEST_TIMEOUT' }, request: { status: 'waiting', kind: 'session' } })
      await clock.advance(1000)
      expect(source.refreshes).toBe(1)
      source.report(signedIn('ada'))
      expect(source.requests).toHaveLength(1)
    })

    it('may answer synchronously when it is requested again', async () => {
      const source = new ScriptedSource()
      source.refresh = () => source.report(signedIn('ada'))
      const { engine, clock } = startEngine({ source })
      await clock.advance(11_000)
      expect(engine.state).toMatchObject({ status: 'loading', user: { id: 'ada' }, error: null, request: { kind: 'token', failures: 0 } })
      expect(source.requests).toHaveLength(1)
      await clock.advance(9_900)
      expect(source.lastRequest.signal.aborted).toBe(false)
      engine.close()
      expect(clock.timerCount).toBe(0)
    })

    it('receives a token request if it has no `refresh` and never reports a session', async () => {
      const source = new ScriptedSource()
      Object.assign(source, { refresh: undefined })
      const { clock } = startEngine({ source })
      await clock.advance(11_000)
      expect(source.requests).toHaveLength(1)
    })

    it('delays anonymous queries for two seconds', async () => {
      const { engine, clock } = startEngine({ mayBeSignedIn: true })
      await clock.advance(1999)
      expect(engine.state).toMatchObject({ status: 'loading', anonymousTimedOut: false })
      await clock.advance(1)
      expect(engine.state).toMatchObject({ status: 'loading', anonymousTimedOut: true })
    })
  })

  describe('retries', () => {
    const failed: TokenOutcome = { kind: 'failed', error: new Error('503') }

    /** The times of all attempts in ten minutes, with a provider that always fails. */
    async function attempts(random: number): Promise<number[]> {
      vi.mocked(Math.random).mockReturnValue(random)
      const clock = new ManualClock()
      const times: number[] = []
      const source = new ScriptedSource(signedIn('ada'))
      source.answer = () => {
        times.push(clock.now())
        return failed
      }
      startEngine({ source, clock })
      await clock.advance(10 * MINUTE)
      return times
    }

    it('back off with a delay that doubles up to a minute', async () => {
      const times = await attempts(1)
      expect(times.slice(0, 9)).toEqual([0, 1000, 3000, 7000, 15_000, 31_000, 63_000, 123_000, 183_000])
    })

    it('have a random part in their delay', async () => {
      expect((await attempts(0))[1]).toBe(500)
      expect((await attempts(0.5))[1]).toBe(750)
    })

    it('start over after an answer', async () => {
      const { engine, source, clock } = await startAuthenticated()
      clock.sleep(RENEWAL)
      void engine.requestToken(true)
      for (let failures = 0; failures < 4; failures++) {
        source.lastRequest.settle(failed)
        await clock.advance(MINUTE)
      }
      source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await settled()
      clock.sleep(RENEWAL)
      void engine.requestToken(true)
      source.lastRequest.settle(failed)
      await settled()
      expect(engine.state.request).toMatchObject({ failures: 1 })
    })

    it('wait for the delay that the provider asks for', async () => {
      const { engine, source, clock } = startEngine({ snapshot: signedIn('ada') })
      source.lastRequest.settle({ ...failed, retryAfterMs: 30_000 })
      await clock.advance(29_999)
      void engine.requestToken(true)
      expect(source.requests).toHaveLength(1)
      await clock.advance(1)
      expect(source.requests).toHaveLength(2)
    })

    it('wait for at most five minutes', async () => {
      const { source, clock } = startEngine({ snapshot: signedIn('ada') })
      source.lastRequest.settle({ ...failed, retryAfterMs: 86_400_000 })
      await clock.advance(5 * MINUTE - 1)
      expect(source.requests).toHaveLength(1)
      await clock.advance(1)
      expect(source.requests).toHaveLength(2)
    })

    it.each<[string, (trial: ReturnType<typeof startEngine>) => void]>([
      ['the page wakes', ({ engine }) => engine.wake()],
      ['the user signs in again', ({ source }) => source.report(signedIn('ada', 'another-session'))],
      ['the user signs out and in again under the same session id', ({ source }) => {
        source.report({ status: 'signedOut' })
        source.report(signedIn('ada'))
      }],
      ['the page requests a refresh', ({ engine, source }) => {
        void engine.refresh()
        source.report(signedIn('ada'))
      }],
    ])('start again in spite of the delay of the provider when %s', async (_name, act) => {
      const trial = startEngine({ snapshot: signedIn('ada') })
      trial.source.lastRequest.settle({ ...failed, retryAfterMs: 86_400_000 })
      await trial.clock.advance(100)
      act(trial)
      expect(trial.source.requests).toHaveLength(2)
      const token = fakeToken('ada')
      trial.source.lastRequest.settle({ kind: 'token', token })
      await settled()
      await expect(trial.engine.requestToken(false)).resolves.toBe(token)
    })

    it('wait at least for the back-off if the provider asks for less', async () => {
      const { source, clock } = startEngine({ snapshot: signedIn('ada') })
      source.lastRequest.settle({ ...failed, retryAfterMs: 1 })
      await clock.advance(999)
      expect(source.requests).toHaveLength(1)
    })

    it('start early once in each back-off step when the page wakes', async () => {
      const source = new ScriptedSource(signedIn('ada'))
      source.answer = () => failed
      const { engine, clock } = startEngine({ source })
      await clock.advance(100)
      expect(source.requests).toHaveLength(1)
      for (let wakes = 0; wakes < 10; wakes++) {
        engine.wake()
        await clock.advance(10)
      }
      expect(source.requests).toHaveLength(2)
      await clock.advance(2000)
      expect(source.requests).toHaveLength(3)
      for (let wakes = 0; wakes < 10; wakes++) {
        engine.wake()
        await clock.advance(10)
      }
      expect(source.requests).toHaveLength(4)
    })

    it('keep the unexpired token', async () => {
      const token = fakeToken('ada')
      const { engine, source, clock } = await startAuthenticated({ token })
      void engine.requestToken(true)
      source.lastRequest.settle(failed)
      await clock.advance(100)
      await expect(engine.requestToken(false)).resolves.toBe(token)
      expect(engine.state.status).toBe('authenticated')
    })
  })

  describe('a forced call of requestToken', () => {
    it('does not accept the same token again and retries', async () => {
      const token = fakeToken('ada')
      const { engine, source, clock } = await startAuthenticated({ token })
      clock.sleep(RENEWAL)
      const call = watched(engine.requestToken(true))
      source.lastRequest.settle({ kind: 'token', token })
      await clock.advance(100)
      expect(call.value).toBe('pending')
      await clock.advance(1000)
      const next = fakeToken('ada')
      source.lastRequest.settle({ kind: 'token', token: next })
      await settled()
      expect(call.value).toBe(next)
    })
  })

  describe('a forced call of requestToken after a new token', () => {
    it('resolves at the next scheduled renewal if the deployment has accepted the token', async () => {
      const { engine, source, clock } = await startAuthenticated({ token: fakeToken('ada', { lifetimeSeconds: 10 }) })
      const call = watched(engine.requestToken(true))
      await clock.advance(4900)
      expect(source.requests).toHaveLength(1)
      await clock.advance(200)
      const token = fakeToken('ada')
      source.lastRequest.settle({ kind: 'token', token })
      await settled()
      expect(call.value).toBe(token)
    })

    it('sends a request at once if the deployment has rejected the token', async () => {
      const { engine, source } = await startAuthenticated({ token: fakeToken('ada', { lifetimeSeconds: 10 }) })
      engine.dispatch({ type: 'refreshing' })
      void engine.requestToken(true)
      expect(source.requests).toHaveLength(2)
    })
  })

  describe('an undelivered token', () => {
    it('resolves a forced call of requestToken at once', async () => {
      const { engine, source, clock } = await startAuthenticated({ token: fakeToken('ada', { lifetimeSeconds: 10 }) })
      clock.sleep(20_000)
      engine.wake()
      const token = fakeToken('ada')
      source.lastRequest.settle({ kind: 'token', token })
      await settled()
      await expect(engine.requestToken(true)).resolves.toBe(token)
      expect(source.requests).toHaveLength(2)
    })
  })

  describe('renewal', () => {
    it('requests another token 90 seconds before the token expires', async () => {
      const { engine, source, clock } = await startAuthenticated({ token: fakeToken('ada', { lifetimeSeconds: 900 }) })
      const onTokenAvailable = vi.fn(() => void engine.requestToken(false))
      engine.onTokenAvailable(onTokenAvailable)
      await clock.advance(809_000)
      expect(source.requests).toHaveLength(1)
      await clock.advance(1000)
      expect(source.requests).toHaveLength(2)
      expect(source.lastRequest.force).toBe(true)
      source.lastRequest.settle({ kind: 'token', token: fakeToken('ada', { lifetimeSeconds: 900 }) })
      await settled()
      expect(onTokenAvailable).toHaveBeenCalledTimes(1)
      await clock.advance(810_000)
      expect(source.requests).toHaveLength(3)
    })

    it('is cancelled by another token and by a sign-out', async () => {
      const { engine, source, clock } = await startAuthenticated({ token: fakeToken('ada', { lifetimeSeconds: 900 }) })
      await clock.advance(800_000)
      void engine.requestToken(true)
      source.lastRequest.settle({ kind: 'token', token: fakeToken('ada', { lifetimeSeconds: 900 }) })
      await clock.advance(809_000)
      expect(source.requests).toHaveLength(2)
      await engine.signOut()
      expect(clock.timerCount).toBe(0)
    })
  })

  describe('wake', () => {
    it.each([
      ['right', Date.now()],
      ['in 1970', 0],
      ['far in the future', 4e12],
      ['before 1970', -4e12],
    ])('requests a token if the renewal is due, with a clock that is %s', async (_name, now) => {
      const { engine, source, clock } = await startAuthenticated({ clock: new ManualClock(now), token: fakeToken('ada', { lifetimeSeconds: 900 }) })
      engine.onTokenAvailable(() => void engine.requestToken(false))
      clock.sleep(RENEWAL - 1000)
      engine.wake()
      expect(source.requests).toHaveLength(1)
      clock.sleep(1000)
      engine.wake()
      expect(source.requests).toHaveLength(2)
      expect(source.lastRequest.force).toBe(true)
      expect(engine.state.status).toBe('authenticated')
    })

    it('keeps the user however often an expired token was rejected', async () => {
      const { engine, source, clock } = await startAuthenticated()
      for (let days = 0; days < 20; days++) {
        clock.sleep(86_400_000)
        engine.dispatch({ type: 'refreshing' })
        const call = engine.requestToken(true)
        const token = fakeToken('ada')
        source.lastRequest.settle({ kind: 'token', token })
        await expect(call).resolves.toBe(token)
        engine.dispatch({ type: 'authenticated' })
      }
      expect(engine.state.status).toBe('authenticated')
      expect(source.requests).toHaveLength(21)
    })

    it('calls the listener of onTokenAvailable for a token that was not requested', async () => {
      const { engine, source, clock } = await startAuthenticated({ token: fakeToken('ada', { lifetimeSeconds: 10 }) })
      const onTokenAvailable = vi.fn()
      engine.onTokenAvailable(onTokenAvailable)
      clock.sleep(20_000)
      engine.wake()
      source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await settled()
      expect(onTokenAvailable).toHaveBeenCalledTimes(1)
    })

    it('resolves a pending requestToken without calling the listener of onTokenAvailable', async () => {
      const { engine, source, clock } = await startAuthenticated({ token: fakeToken('ada', { lifetimeSeconds: 10 }) })
      const onTokenAvailable = vi.fn()
      engine.onTokenAvailable(onTokenAvailable)
      clock.sleep(20_000)
      engine.wake()
      const call = engine.requestToken(true)
      const token = fakeToken('ada')
      source.lastRequest.settle({ kind: 'token', token })
      await expect(call).resolves.toBe(token)
      expect(source.requests).toHaveLength(2)
      expect(onTokenAvailable).not.toHaveBeenCalled()
    })
  })

  describe('an identity change', () => {
    it('never resolves requestToken of the previous user after a session of another user', async () => {
      const { engine, source, clock } = await startAuthenticated()
      clock.sleep(RENEWAL)
      const adas = watched(engine.requestToken(true))
      const adasRequest = source.lastRequest
      source.report(signedIn('bea'))
      expect(adasRequest.signal.aborted).toBe(true)
      const beas = watched(engine.requestToken(false))
      adasRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await settled()
      expect(beas.value).toBe('pending')
      const token = fakeToken('bea')
      source.lastRequest.settle({ kind: 'token', token })
      await settled()
      expect(beas.value).toBe(token)
      expect(adas.value).toBe('pending')
    })

    it('never resolves requestToken of the previous user with the token of another user', async () => {
      const { engine, source, clock } = await startAuthenticated()
      clock.sleep(RENEWAL)
      const adas = watched(engine.requestToken(true))
      const token = fakeToken('bea')
      source.lastRequest.settle({ kind: 'token', token })
      await settled()
      expect(engine.state).toMatchObject({ status: 'authenticating', user: { id: 'bea', profile: { id: 'bea' }, session: null } })
      expect(adas.value).toBe('pending')
      await expect(engine.requestToken(false)).resolves.toBe(token)
    })

    it('is undone if the provider sent a token of another user by mistake and reports the session', async () => {
      const { engine, source, clock } = await startAuthenticated()
      clock.sleep(RENEWAL)
      void engine.requestToken(true)
      source.lastRequest.settle({ kind: 'token', token: fakeToken('bea') })
      await settled()
      expect(engine.state.user?.id).toBe('bea')
      source.report(signedIn('ada'))
      expect(engine.state.user?.id).toBe('bea')
      source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await settled()
      expect(engine.state).toMatchObject({ status: 'authenticating', user: { id: 'ada' }, request: null })
    })

    it('drops a denial of the previous user\'s request', async () => {
      const { engine, source } = await startAuthenticated()
      void engine.requestToken(true)
      const adasRequest = source.lastRequest
      source.report(signedIn('bea'))
      adasRequest.settle({ kind: 'denied' })
      await settled()
      expect(engine.state).toMatchObject({ status: 'loading', user: { id: 'bea' } })
    })

    it('calls listeners in the same tick', async () => {
      const { engine, source } = await startAuthenticated()
      const seen: unknown[] = []
      engine.subscribe(({ user }) => seen.push(user?.id ?? null))
      source.report(signedIn('bea'))
      expect(seen).toEqual(['bea'])
    })
  })

  describe('a late session report after a denial', () => {
    it('causes a token request, whose denial leaves the page anonymous', async () => {
      const { engine, source, clock } = await startAuthenticated({ token: fakeToken('ada', { sessionId: 'second' }) })
      source.report(signedIn('ada', 'second'))
      clock.sleep(RENEWAL)
      void engine.requestToken(true)
      source.lastRequest.settle({ kind: 'denied' })
      await settled()
      expect(engine.state).toMatchObject({ status: 'unauthenticated', error: { code: 'SESSION_ENDED' } })
      source.report(signedIn('ada', 'first'))
      source.report(signedIn('ada', 'second'))
      source.lastRequest.settle({ kind: 'denied' })
      await settled()
      expect(engine.state).toMatchObject({ status: 'unauthenticated', request: null, error: { code: 'SESSION_ENDED' } })
    })
  })

  describe('a token of a denied session', () => {
    it('is never passed to the connection of the next user', async () => {
      const { engine, source, clock } = await startAuthenticated()
      clock.sleep(RENEWAL)
      void engine.requestToken(true)
      source.lastRequest.settle({ kind: 'denied' })
      await settled()
      source.report(signedIn('bea'))
      const first = fakeToken('bea')
      const beas = engine.requestToken(false)
      source.lastRequest.settle({ kind: 'token', token: first })
      await expect(beas).resolves.toBe(first)
      engine.dispatch({ type: 'authenticated' })

      clock.sleep(RENEWAL)
      const renewal = watched(engine.requestToken(true))
      source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await settled()
      expect(renewal.value).toBe('pending')
      await expect(engine.requestToken(false)).resolves.toBe(first)
      await clock.advance(1000)
      const second = fakeToken('bea')
      source.lastRequest.settle({ kind: 'token', token: second })
      await settled()
      expect(renewal.value).toBe(second)
    })
  })

  describe('another session of the same user', () => {
    it('requests a token and ignores a denial of the previous session', async () => {
      const { engine, source } = await startAuthenticated()
      void engine.requestToken(true)
      const previousRequest = source.lastRequest
      source.report(signedIn('ada', 'another-session'))
      previousRequest.settle({ kind: 'denied' })
      await settled()
      expect(engine.state).toMatchObject({ status: 'authenticated', user: { sessionId: 'another-session' } })
      source.lastRequest.settle({ kind: 'token', token: fakeToken('ada', { sessionId: 'another-session' }) })
      await settled()
      expect(engine.state).toMatchObject({ status: 'authenticated', request: null })
    })

    it('calls the listener of onTokenAvailable after the previous token is confirmed', async () => {
      const { engine, source } = startEngine({ snapshot: signedIn('ada') })
      const onTokenAvailable = vi.fn()
      engine.onTokenAvailable(onTokenAvailable)
      void engine.requestToken(false)
      source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await settled()
      source.report(signedIn('ada', 'another-session'))
      source.lastRequest.settle({ kind: 'token', token: fakeToken('ada', { sessionId: 'another-session' }) })
      await settled()
      expect(onTokenAvailable).not.toHaveBeenCalled()
      engine.dispatch({ type: 'authenticated' })
      expect(onTokenAvailable).toHaveBeenCalledTimes(1)
    })
  })

  describe('initialAuth', () => {
    const token = fakeToken('ada')
    const initialAuth = { token, user: { name: 'Ada' }, session: { id: 'session-of-ada' } }

    it('is the current user without a request', async () => {
      const { engine, source, clock } = startEngine({ initialAuth })
      await expect(engine.requestToken(false)).resolves.toBe(token)
      source.report(signedIn('ada'))
      await clock.advance(5000)
      expect(engine.state).toMatchObject({ status: 'authenticated', user: { id: 'ada' } })
      expect(source.requests).toHaveLength(0)
    })

    it('is anonymous without a request if it is null', async () => {
      const { engine, source } = startEngine({ initialAuth: null, mayBeSignedIn: true })
      expect(engine.state.status).toBe('unauthenticated')
      expect(source.requests).toHaveLength(0)
    })

    it('is ignored if the token is invalid', () => {
      const { engine, source } = startEngine({ initialAuth: { ...initialAuth, token: 'garbage' } })
      expect(engine.state).toMatchObject({ status: 'loading', request: { kind: 'session' } })
      expect(source.requests).toHaveLength(0)
    })

    it('is replaced by the session of another user', () => {
      const { engine, source } = startEngine({ initialAuth })
      source.report(signedIn('bea'))
      expect(engine.state).toMatchObject({ status: 'loading', user: { id: 'bea' } })
    })
  })

  describe('initialAuth of another identity than the provider reports', () => {
    it.each<[string, SessionSnapshot]>([
      ['reports another user', signedIn('bea')],
      ['reports that the user has signed out', { status: 'signedOut' }],
    ])('never passes the token on: the provider %s', async (_name, snapshot) => {
      const initialAuth = { token: fakeToken('ada'), user: { name: 'Ada' }, session: { id: 'session-of-ada' } }
      const source = new ScriptedSource(snapshot)
      const engine = createAuthEngine({ source, initialAuth, clock: new ManualClock() })
      engine.need()
      const requested = [watched(engine.requestToken(false)), watched(engine.requestToken(true))]
      engine.start()
      await settled()
      expect(requested.map(({ value }) => value)).toEqual(['pending', 'pending'])
    })
  })

  describe('trace', () => {
    it('receives each event with the states before and after it, and the token before it', async () => {
      const trace = vi.fn<AuthTrace>()
      await startAuthenticated({ trace })
      expect(trace.mock.calls.map(([event, from, to, token]) => [event, from.status, to.status, token?.user.id ?? null])).toEqual([
        ['session', 'loading', 'loading', null],
        ['tokenRequested', 'loading', 'loading', null],
        ['token', 'loading', 'authenticating', null],
        ['authenticated', 'authenticating', 'authenticated', 'ada'],
      ])
    })
  })

  describe('initialAuth without a token', () => {
    const token = fakeToken('ada')
    const rendered = { token: null, user: { id: 'ada', name: 'Ada' }, session: { id: 'session-of-ada' } }

    it('is the current user at once, and a token is requested synchronously', async () => {
      const { engine, source } = startEngine({ initialAuth: rendered })
      expect(engine.state).toMatchObject({ status: 'authenticated', user: { id: 'ada', profile: { name: 'Ada' } } })
      expect(source.requests).toHaveLength(1)
      const requested = engine.requestToken(false)
      source.lastRequest.settle({ kind: 'token', token })
      await expect(requested).resolves.toBe(token)
      expect(engine.state).toMatchObject({ status: 'authenticated', request: null })
      expect(source.requests).toHaveLength(1)
    })

    it('is loading after two seconds without a token, and never anonymous', async () => {
      const { engine, source, clock } = startEngine({ initialAuth: rendered })
      const requested = engine.requestToken(false)
      await clock.advance(1999)
      expect(engine.state.status).toBe('authenticated')
      await clock.advance(1)
      expect(engine.state).toMatchObject({ status: 'loading', user: { id: 'ada' }, anonymousTimedOut: false })
      // The attempt times out and is repeated. Nothing runs anonymously until then.
      await clock.advance(60_000)
      expect(engine.state).toMatchObject({ status: 'loading', user: { id: 'ada' }, anonymousTimedOut: false })
      source.lastRequest.settle({ kind: 'token', token })
      await expect(requested).resolves.toBe(token)
      expect(engine.state.status).toBe('authenticating')
      engine.dispatch({ type: 'authenticated' })
      await clock.advance(60_000)
      expect(engine.state.status).toBe('authenticated')
    })

    it('is signed out by a denial and replaced by the user of another token', async () => {
      const denied = startEngine({ initialAuth: rendered })
      denied.source.lastRequest.settle({ kind: 'denied' })
      await settled()
      expect(denied.engine.state).toMatchObject({ status: 'unauthenticated', error: { code: 'SESSION_ENDED' } })

      const replaced = startEngine({ initialAuth: rendered })
      replaced.source.lastRequest.settle({ kind: 'token', token: fakeToken('bea') })
      await settled()
      expect(replaced.engine.state).toMatchObject({ status: 'authenticating', user: { id: 'bea' } })
    })

    it('is ignored if the user has no id', () => {
      const { engine } = startEngine({ initialAuth: { ...rendered, user: { name: 'Ada' } } })
      expect(engine.state).toMatchObject({ status: 'loading', user: undefined })
    })
  })

  describe('the token of initialAuth', () => {
    it.each([
      ['is new', 0, 810_000],
      ['is ten minutes old', 600, 210_000],
      ['is about to expire', 890, 1000],
      ['is issued in the future by the browser\'s clock', -600, 810_000],
      ['has expired by the browser\'s clock', 2000, 810_000],
    ])('is renewed in time if it %s', async (_name, ageSeconds, expectedDelay) => {
      const clock = new ManualClock(1_700_000_000_000)
      const token = fakeToken('ada', { issuedAt: 1_700_000_000 - ageSeconds })
      const { source } = startEngine({ clock, snapshot: signedIn('ada'), initialAuth: { token, user: {}, session: {} } })
      await clock.advance(expectedDelay - 1)
      expect(source.requests).toHaveLength(0)
      await clock.advance(1)
      expect(source.requests).toHaveLength(1)
    })
  })

  describe('refresh', () => {
    it('resolves once the deployment has confirmed a new token', async () => {
      const { engine, source } = await startAuthenticated()
      engine.onTokenAvailable(() => void engine.requestToken(false))
      const done = watched(engine.refresh())
      expect(source.refreshes).toBe(1)
      expect(source.requests).toHaveLength(1)
      source.report(signedIn('ada'))
      expect(source.requests).toHaveLength(2)
      source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await settled()
      expect(done.value).toBe('pending')
      engine.dispatch({ type: 'authenticated' })
      await settled()
      expect(done.value).toBeUndefined()
    })

    it.each<[string, TokenOutcome, string]>([
      ['the request for a token fails', { kind: 'failed', error: new Error('503') }, 'authenticated'],
      ['the session has ended', { kind: 'denied' }, 'unauthenticated'],
    ])('resolves when %s', async (_name, outcome, status) => {
      const { engine, source } = await startAuthenticated()
      const done = watched(engine.refresh())
      source.report(signedIn('ada'))
      source.lastRequest.settle(outcome)
      await settled()
      expect(done.value).toBeUndefined()
      expect(engine.state.status).toBe(status)
    })

    it('requests a token if the session request fails, hangs or does not exist', async () => {
      const { engine, source, clock } = await startAuthenticated()
      void engine.refresh()
      source.report({ status: 'failed', error: new Error('503') })
      expect(source.requests).toHaveLength(2)
      void engine.refresh()
      await clock.advance(10_000)
      expect(source.requests).toHaveLength(3)
      Object.assign(source, { refresh: undefined })
      void engine.refresh()
      expect(source.requests).toHaveLength(4)
    })

    it('resolves on an anonymous page when the provider has answered', async () => {
      const { engine, source } = startEngine({ snapshot: { status: 'signedOut' } })
      const done = watched(engine.refresh())
      await settled()
      expect(done.value).toBe('pending')
      source.report({ status: 'signedOut' })
      await settled()
      expect(done.value).toBeUndefined()
      expect(source.requests).toHaveLength(0)
    })

    it('resolves when the engine is closed, before the call or after it', async () => {
      const { engine, source, clock } = await startAuthenticated()
      const before = watched(engine.refresh())
      engine.close()
      const after = watched(engine.refresh())
      await settled()
      expect([before.value, after.value]).toEqual([undefined, undefined])
      expect(source.refreshes).toBe(1)
      expect(clock.timerCount).toBe(0)
    })
  })

  describe('signOut', () => {
    it('takes effect after the provider has confirmed it', async () => {
      const { engine, source } = await startAuthenticated()
      const done = engine.signOut()
      expect(engine.state.status).toBe('authenticated')
      await done
      expect(source.signOuts).toBe(1)
      expect(engine.state).toMatchObject({ status: 'unauthenticated', user: null, error: null })
    })

    it('rejects and changes nothing if the provider fails', async () => {
      const { engine, source } = await startAuthenticated()
      const before = engine.state
      source.signOutError = new Error('offline')
      await expect(engine.signOut()).rejects.toMatchObject({ code: 'SIGN_OUT_FAILED', cause: source.signOutError })
      expect(engine.state).toBe(before)
    })

    it('signs out with a provider that has no sign-out', async () => {
      const { engine, source } = await startAuthenticated()
      Object.assign(source, { signOut: undefined })
      await engine.signOut()
      expect(engine.state.status).toBe('unauthenticated')
    })

    it('aborts the request that is under way', async () => {
      const { engine, source, clock } = await startAuthenticated()
      const renewal = watched(engine.requestToken(true))
      await engine.signOut()
      expect(source.lastRequest.signal.aborted).toBe(true)
      source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await settled()
      expect(engine.state.status).toBe('unauthenticated')
      expect(renewal.value).toBe('pending')
      expect(clock.timerCount).toBe(0)
    })

    it('is not undone by a session report that was under way', async () => {
      const { engine, source } = startEngine({ mayBeSignedIn: true })
      source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await settled()
      await engine.signOut()
      source.report(signedIn('ada'))
      expect(engine.state.status).toBe('unauthenticated')
      source.lastRequest.settle({ kind: 'denied' })
      await settled()
      expect(engine.state).toMatchObject({ status: 'unauthenticated', user: null, error: null })
    })
  })

  describe('a token that was current before a sign-out', () => {
    it('resolves requestToken when the user signs in with it again', async () => {
      const token = fakeToken('ada')
      const { engine, source } = await startAuthenticated({ token })
      await engine.signOut()
      source.report(signedIn('ada', 'another-session'))
      const call = watched(engine.requestToken(false))
      source.lastRequest.settle({ kind: 'token', token })
      await settled()
      expect(call.value).toBe(token)
    })
  })

  describe('state', () => {
    it('holds no token, so that it can be logged', async () => {
      const token = fakeToken('ada')
      const { engine } = await startAuthenticated({ token })
      expect(JSON.stringify(engine.state)).not.toContain(token.split('.')[1])
    })
  })

  describe('close', () => {
    it('stops timers, unsubscribes and aborts the request', async () => {
      const { engine, source, clock } = startEngine({ snapshot: signedIn('ada') })
      const call = watched(engine.requestToken(false))
      engine.close()
      expect(clock.timerCount).toBe(0)
      expect(source.listenerCount).toBe(0)
      expect(source.lastRequest.signal.aborted).toBe(true)
      source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await clock.advance(60 * MINUTE)
      expect(call.value).toBe('pending')
      expect(source.requests).toHaveLength(1)
    })
  })

  describe('a token that lives longer than any timer', () => {
    it('is not renewed early', async () => {
      vi.useFakeTimers()
      // A browser runs a timer with a longer delay at once. The fake timers do not.
      const delays = vi.spyOn(globalThis, 'setTimeout')
      const source = new ScriptedSource(signedIn('ada'))
      source.answer = () => ({ kind: 'token', token: fakeToken('ada', { lifetimeSeconds: 60 * 24 * 3600 }) })
      const engine = createAuthEngine({ source })
      engine.need()
      engine.start()
      await vi.advanceTimersByTimeAsync(1)
      engine.dispatch({ type: 'authenticated' })
      await vi.advanceTimersByTimeAsync(20 * 24 * 3600 * 1000)
      expect(source.requests).toHaveLength(1)
      expect(Math.max(...delays.mock.calls.map(([, delay]) => delay!))).toBe(2 ** 31 - 1)
      engine.close()
      expect(vi.getTimerCount()).toBe(0)
      vi.useRealTimers()
    })
  })
})
