import type { ConvexOptions } from 'convue'
import { convexClient } from '@convex-dev/better-auth/client/plugins'
import { createAuthClient } from 'better-auth/client'
import { ConvueError, createConvex, IdentityChangedError, useAuthedQuery, useConvexAction, useConvexAuth, useConvexClient, useConvexConnectionState, useConvexMutation, useConvexOnline, useConvexQuery } from 'convue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope } from 'vue'
import { api } from '../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../support/scripted/scripted-page.ts'
import { ScriptedSource } from '../../support/scripted/scripted-source.ts'

const url = 'https://happy-otter-123.convex.cloud'

function thrownBy(run: () => unknown): ConvueError {
  try {
    run()
  }
  catch (error) {
    return error as ConvueError
  }
  throw new Error('Nothing was thrown.')
}

/** Expects an error with this code, and with a `why` and a `fix` that match. */
function expectDiagnosis(error: unknown, code: string, { why, fix }: { why: RegExp, fix: RegExp }): void {
  expect(error).toBeInstanceOf(ConvueError)
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({ name: 'ConvueError', code, why: expect.stringMatching(why), fix: expect.stringMatching(fix) })
  const { message, why: said, fix: advised } = error as ConvueError
  expect(message).toBe(`[${code}] ${said} ${advised}`)
}

describe('createConvex', () => {
  it.each([
    ['missing', undefined, /missing/],
    ['empty', '', /missing/],
    ['relative', '/convex', /\/convex/],
    ['not a URL', 'happy-otter-123', /happy-otter-123/],
    ['of another protocol', 'ws://localhost:3210', /ws:\/\/localhost/],
    ['not a string', 42, /42/],
    ['the address of the HTTP actions', 'https://happy-otter-123.convex.site', /not the address of a deployment.*HTTP actions.*happy-otter-123\.convex\.site/],
    ['the address of the HTTP actions in a region', 'HTTPS://happy-otter-123.eu-west-1.CONVEX.SITE/', /HTTP actions/],
  ])('throws URL_INVALID for a url that is %s', (_what, given, why) => {
    expectDiagnosis(thrownBy(() => createConvex({ url: given as string })), 'URL_INVALID', { why, fix: /convex\.cloud/ })
  })

  it('throws AUTH_SOURCE_CONFLICT for both an authClient and a tokenSource', () => {
    const both: ConvexOptions = { url, tokenSource: new ScriptedSource(), authClient: createAuthClient({ baseURL: 'http://localhost', plugins: [convexClient()] }) as any }
    expectDiagnosis(thrownBy(() => createConvex(both)), 'AUTH_SOURCE_CONFLICT', { why: /both/i, fix: /one/ })
  })

  it.each([
    ['an empty object', {}],
    ['the server\'s auth', { api: {}, handler: () => {} }],
    ['a token function', () => 'token'],
  ])('throws AUTH_CLIENT_INVALID for an authClient that is %s', (_what, authClient) => {
    expectDiagnosis(thrownBy(() => createConvex({ url, authClient: authClient as any })), 'AUTH_CLIENT_INVALID', { why: /Better Auth/, fix: /convexClient\(\)/ })
  })

  it('adds no listener when it throws', () => {
    const added = vi.spyOn(window, 'addEventListener')
    thrownBy(() => createConvex({ url: '' }))
    thrownBy(() => createConvex({ url, authClient: {} as any }))
    expect(added).not.toHaveBeenCalled()
  })

  describe('an auth client without convexClient()', () => {
    setupScriptedPage()

    it('reports TOKEN_ENDPOINT_MISSING after a 404', async () => {
      const answers: Record<string, () => Response> = {
        '/api/auth/get-session': () => Response.json({ user: { id: 'ada' }, session: { id: 's1', userId: 'ada', token: 'secret' } }),
        '/api/auth/convex/token': () => Response.json({ message: 'Not Found' }, { status: 404 }),
      }
      const authClient = createAuthClient({
        baseURL: 'http://localhost:5173',
        fetchOptions: { customFetchImpl: async input => answers[new URL(String(input)).pathname]!() },
      })
      const page = new ScriptedPage({ authClient: authClient as any })
      expect(page.convex.auth.status.value).toBe('loading')
      await page.tick(500)
      expectDiagnosis(page.convex.auth.error.value, 'TOKEN_ENDPOINT_MISSING', {
        why: /endpoint \/convex\/token answered with status 404/,
        fix: /convexClient\(\).*such as \/token, pass this path as `tokenPath`/,
      })
      expect(page.convex.auth.status.value).toBe('loading')
    })
  })
})

describe('composables', () => {
  describe('without the plugin', () => {
    it.each<[string, () => unknown]>([
      ['useConvexQuery', () => useConvexQuery(api.users.whoami)],
      ['useConvexMutation', () => useConvexMutation(api.messages.send)],
      ['useConvexAction', () => useConvexAction(api.values.run)],
      ['useConvexClient', () => useConvexClient()],
      ['useConvexAuth', () => useConvexAuth()],
      ['useConvexConnectionState', () => useConvexConnectionState()],
      ['useConvexOnline', () => useConvexOnline()],
    ])('%s throws PLUGIN_MISSING, and the error contains the name of the composable', (name, use) => {
      expectDiagnosis(thrownBy(() => effectScope().run(use)), 'PLUGIN_MISSING', { why: new RegExp(name), fix: /app\.use\(createConvex/ })
    })
  })

  describe('on a page', () => {
    let page: ScriptedPage
    setupScriptedPage()
    beforeEach(() => {
      page = new ScriptedPage()
    })

    it.each<[string, (reference: any) => unknown]>([
      ['useConvexQuery', reference => useConvexQuery(reference)],
      ['useAuthedQuery', reference => useAuthedQuery(reference)],
      ['useConvexMutation', reference => useConvexMutation(reference)],
      ['useConvexAction', reference => useConvexAction(reference)],
    ])('%s throws FUNCTION_INVALID for a value that is not a function reference', (_name, use) => {
      for (const reference of [undefined, null, {}, 42])
        expectDiagnosis(thrownBy(() => page.run(() => use(reference))), 'FUNCTION_INVALID', { why: /reference/, fix: /_generated\/api/ })
    })

    it.each([
      ['a DOM event', new Event('click'), /DOM event/],
      ['a date', { at: new Date(0) }, /cannot/],
      ['a function in a field', { at: { of: () => {} } }, /cannot/],
      ['a class instance', { at: new Map() }, /cannot/],
      ['an array', [1], /arguments/i],
      ['a string', 'all', /arguments/i],
      ['a number', 42, /arguments/i],
    ])('useConvexQuery reports ARGS_INVALID for %s, and opens no connection', async (_what, args, why) => {
      const { result } = page.run(() => useConvexQuery(api.values.echo, args as any))
      expectDiagnosis(result.error.value, 'ARGS_INVALID', { why, fix: /@click="mutate\(\)"/ })
      expect(result.status.value).toBe('error')
      await page.tick(100)
      expect(page.deployment.sockets).toEqual([])
    })

    it('useConvexQuery recovers when its arguments become valid', async () => {
      page.deployment.functions.set('values:echo', ({ value }) => value)
      const { shallowRef } = await import('vue')
      const args = shallowRef<any>({ value: new Date(0) })
      const { result } = page.run(() => useConvexQuery(api.values.echo, args))
      expect(result.status.value).toBe('error')
      args.value = { value: 1 }
      await page.tick(100)
      expect(result.data.value).toBe(1)
      args.value = { value: new Date(0) }
      await page.tick(4000)
      expect(result.status.value).toBe('error')
      expect(result.data.value).toBeUndefined()
      expect(page.deployment.liveSockets).toEqual([])
    })

    it('useConvexQuery passes on the deployment\'s error for an unknown function', async () => {
      const { result } = page.run(() => useConvexQuery(api.values.other))
      await page.tick()
      expect(result.error.value).not.toBeInstanceOf(ConvueError)
      expect(result.error.value!.message).toContain('Could not find public function')
    })
  })
})

describe('IdentityChangedError', () => {
  it('is a ConvueError with an outcome', () => {
    const error = new IdentityChangedError('notSent')
    expect(error).toBeInstanceOf(ConvueError)
    expect(error).toMatchObject({ name: 'IdentityChangedError', code: 'IDENTITY_CHANGED', outcome: 'notSent', why: expect.stringContaining('before'), fix: expect.stringMatching(/./) })
    expect(new IdentityChangedError('unknown').why).toContain('while')
  })
})
