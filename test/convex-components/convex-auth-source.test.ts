import type { Deployment } from '../../src/testing/index.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { useAuthedQuery, useConvexSignIn } from 'convue'
import { convexAuthSource } from 'convue/sources'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { eventually } from '../support/environment/eventually.ts'
import { becomePage, LivePage } from '../support/live/live-page.ts'
import { startConvexAuth } from './app.ts'
import { api, internal } from './apps/convex-auth/convex/_generated/api.js'

const ADA = { email: 'ada@example.com', password: 'correct horse battery', name: 'Ada' }

becomePage()
for (const name of ['location', 'history'] as const)
  vi.stubGlobal(name, window[name])

let deployment: Deployment
const pages = new Set<LivePage>()
beforeAll(async () => void (deployment = await startConvexAuth()))
afterEach(async () => {
  for (const page of pages)
    await page.close()
  pages.clear()
  localStorage.clear()
  history.replaceState(null, '', '/')
})
afterAll(() => deployment.close())

/** A page of the app, which finds the session of the previous page in the storage. */
function open() {
  const source = convexAuthSource({ url: deployment.url })
  const page = new LivePage(deployment, { tokenSource: source })
  pages.add(page)
  const { me, signIn } = page.run(() => ({ me: useAuthedQuery(api.users.me).data, ...useConvexSignIn() }))
  const { auth } = page.convex
  return {
    source,
    auth,
    close: () => page.close(),
    signIn: (...args: Parameters<typeof source.signIn>) => signIn(() => source.signIn(...args)),
    shown: () => [auth.status.value, me.value?.name ?? me.value?.isAnonymous],
  }
}

describe('convexAuthSource with @convex-dev/auth', () => {
  it('uses the keys and the lock of the client of this package', () => {
    const own = readFileSync(new URL('react/client.js', import.meta.resolve('@convex-dev/auth/server').replace('server/', '')), 'utf8')
    const storage = readFileSync(join(import.meta.dirname, '../../src/sources/convex-auth-storage.ts'), 'utf8')
    const keys = [...storage.matchAll(/__convexAuth\w+?(?=_)/g)].map(([key]) => key)
    expect(keys).toEqual(['__convexAuthJWT', '__convexAuthRefreshToken', '__convexAuthOAuthVerifier'])
    for (const key of keys)
      expect(own).toContain(`"${key}"`)
    expect(own).toContain('browserMutex(REFRESH_TOKEN_STORAGE_KEY')
  })

  it('signs a user up, restores the user after a reload, and signs the user out', async () => {
    const first = open()
    await eventually(() => first.shown()).toEqual(['unauthenticated', undefined])
    await expect(first.signIn('password', { ...ADA, flow: 'signUp' })).resolves.toBe(true)
    await eventually(() => first.shown()).toEqual(['authenticated', 'Ada'])
    await first.close()

    const second = open()
    await eventually(() => second.shown()).toEqual(['authenticated', 'Ada'])
    const before = await deployment.query(internal.users.sessions)
    await second.auth.signOut()
    await eventually(() => second.shown()).toEqual(['unauthenticated', undefined])
    expect(await deployment.query(internal.users.sessions)).toBe(before - 1)
    await expect(second.signIn('password', { ...ADA, password: 'wrong horse battery', flow: 'signIn' })).rejects.toThrow('InvalidSecret')
  })

  it('signs a user in with a link', async () => {
    const first = open()
    await expect(first.signIn('magic-link', { email: 'grace@example.com' })).resolves.toBe(false)
    await first.close()
    const code = await deployment.query(internal.users.lastCode, { to: 'grace@example.com' })
    history.replaceState(null, '', `/?code=${code}`)
    const second = open()
    await eventually(() => second.auth.status.value).toBe('authenticated')
    expect(location.search).toBe('')
    await second.close()

    localStorage.clear()
    history.replaceState(null, '', `/?code=${code}`)
    const third = open()
    await eventually(() => third.auth.error.value).toMatchObject({ code: 'SIGN_IN_CODE_INVALID' })
    expect(third.auth.status.value).toBe('unauthenticated')
  })

  it('renews the tokens until the session has ended, and keeps them while there is no network', async () => {
    const page = open()
    await page.signIn('anonymous')
    await eventually(() => page.shown()).toEqual(['authenticated', true])
    const refreshToken = (): string | null =>
      localStorage.getItem(Object.keys(localStorage).find(key => key.startsWith('__convexAuthRefreshToken')) ?? '')
    const previous = refreshToken()
    await page.auth.refresh()
    expect(refreshToken()).not.toBe(previous)
    expect(page.shown()).toEqual(['authenticated', true])

    const send = fetch
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')))
    await page.auth.refresh()
    expect(page.shown()).toEqual(['authenticated', true])
    vi.stubGlobal('fetch', send)

    await deployment.mutation(internal.users.endSessions)
    await page.auth.refresh()
    await eventually(() => page.shown()).toEqual(['unauthenticated', undefined])
    expect(page.auth.error.value).toMatchObject({ code: 'SESSION_ENDED' })
    expect(Object.keys(localStorage).filter(key => key.startsWith('__convexAuth'))).toEqual([])
  })
})
