import { describe, expect, it, vi } from 'vitest'
import { openPage, page } from '../../support/scripted/identity-page.ts'

/** The messages that a page logs while a user signs in. */
async function logsOfSignIn(debug?: boolean): Promise<unknown[]> {
  const log = vi.spyOn(console, 'debug').mockImplementation(() => {})
  openPage({ user: 'silent', debug })
  const { auth } = page.convex
  page.source.signIn('ada')
  await page.tick(100)
  expect(auth.status.value).toBe('authenticated')
  return log.mock.calls.flat()
}

describe('createConvex', () => {
  describe('debug', () => {
    it('logs each auth event with the statuses before and after it, without tokens', async () => {
      const logs = await logsOfSignIn(true)
      expect(logs).toContain('[convue] session: loading → loading')
      expect(logs).toContain('[convue] token: loading → authenticating')
      expect(logs).toContain('[convue] authenticated: authenticating → authenticated')
      expect(logs.join()).not.toMatch(/eyJ|session-of-ada/)
    })

    it('logs nothing by default', async () => {
      expect(await logsOfSignIn()).toEqual([])
    })

    it('logs nothing in production', async () => {
      vi.stubEnv('NODE_ENV', 'production')
      expect(await logsOfSignIn(true)).toEqual([])
      vi.unstubAllEnvs()
    })
  })
})
