import type { Deployment } from '../../src/testing/index.ts'
import { calculateRateLimit } from '@convex-dev/rate-limiter'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { advanceUntil, startApp } from './app.ts'
import { api } from './apps/rate-limiter/convex/_generated/api.js'

let deployment: Deployment
beforeAll(async () => {
  deployment = await startApp('rate-limiter')
})
afterAll(() => deployment.close())

describe('@convex-dev/rate-limiter', () => {
  it('limits each key with a token bucket, and allows more once a token is available again', async () => {
    const send = (user: string) => deployment.mutation(api.limits.sendMessage, { user })
    for (let count = 0; count < 3; count++)
      expect(await send('ada')).toEqual({ ok: true })
    const refused = await send('ada')
    // 10 messages an hour: one every 6 minutes.
    expect(refused).toEqual({ ok: false, retryAfter: expect.closeTo(360_000, -5) })
    expect(await send('bea')).toEqual({ ok: true })
    expect(await deployment.query(api.limits.canSendMessage, { user: 'ada' })).toMatchObject({ ok: false })

    await deployment.advanceClock(refused.retryAfter!)
    expect(await deployment.query(api.limits.canSendMessage, { user: 'ada' })).toEqual({ ok: true })
    expect(await send('ada')).toEqual({ ok: true })
    expect(await send('ada')).toMatchObject({ ok: false })
  })

  it('does not consume a token if the mutation fails, and restores all tokens with reset', async () => {
    const user = 'cleo'
    for (let count = 0; count < 5; count++)
      await expect(deployment.mutation(api.limits.sendBrokenMessage, { user })).rejects.toThrow('The message is empty')
    for (let count = 0; count < 3; count++)
      expect(await deployment.mutation(api.limits.sendMessage, { user })).toEqual({ ok: true })
    expect(await deployment.mutation(api.limits.sendMessage, { user })).toMatchObject({ ok: false })

    await deployment.mutation(api.limits.forgive, { user })
    expect(await deployment.mutation(api.limits.sendMessage, { user })).toEqual({ ok: true })
  })

  it('limits a fixed window until the next one begins, and throws a ConvexError on request', async () => {
    expect(await deployment.mutation(api.limits.signUp)).toEqual({ ok: true })
    expect(await deployment.mutation(api.limits.signUpOrThrow)).toEqual({ ok: true })
    const refused = await deployment.mutation(api.limits.signUp)
    expect(refused.ok).toBe(false)
    await expect(deployment.mutation(api.limits.signUpOrThrow)).rejects.toMatchObject({
      data: { kind: 'RateLimited', name: 'signUp', retryAfter: expect.any(Number) },
    })

    await deployment.advanceClock(refused.retryAfter! / 2)
    expect(await deployment.mutation(api.limits.signUp)).toMatchObject({ ok: false })
    await deployment.advanceClock(refused.retryAfter! / 2)
    expect(await deployment.mutation(api.limits.signUp)).toEqual({ ok: true })
  })

  it('reserves the tokens of several shards', async () => {
    expect(await deployment.mutation(api.limits.reserveUpload, { count: 20 })).toEqual({ ok: true })
    const reserved = await deployment.mutation(api.limits.reserveUpload, { count: 200 })
    expect(reserved).toMatchObject({ ok: true })
    expect(reserved.retryAfter).toBeGreaterThan(0)
  })

  it('applies updates in the background', async () => {
    // The number of successful writes depends on the time at which the first updates are applied.
    const writes = await Promise.all(Array.from({ length: 10 }, () => deployment.mutation(api.limits.write, { count: 2 })))
    const written = writes.filter(({ ok }) => ok).length * 2
    expect(written).toBeGreaterThanOrEqual(10)
    const isApplied = async (): Promise<boolean> => Math.abs(await deployment.query(api.limits.wordsLeft) - (10 - written)) < 0.1
    await advanceUntil(deployment, isApplied)
    expect(await deployment.mutation(api.limits.write, { count: 1 })).toMatchObject({ ok: false, retryAfter: expect.any(Number) })
  })

  it('sends a client the value from which it calculates the limit', async () => {
    await deployment.mutation(api.limits.sendMessage, { user: 'dora' })
    const { config, value, ts } = await deployment.query(api.limits.getRateLimit, { key: 'dora' })
    const now = await deployment.mutation(api.limits.getServerTime)
    expect(calculateRateLimit({ value, ts }, config, now, 1).value).toBeCloseTo(1, 0)
    expect(calculateRateLimit({ value, ts }, config, now + 3_600_000, 0).value).toBe(3)
  })
})
