import type { ConvexHooks } from 'convue'
import { createConvex, createConvexHooks, IdentityChangedError, useAuthedQuery, useConvexAction, useConvexClient, useConvexMutation, useConvexPaginatedQuery, useConvexQuery } from 'convue'
import { describe, expect, it, vi } from 'vitest'
import { createApp } from 'vue'
import { openPage, page } from '../../support/scripted/identity-page.ts'
import { identityApi as api } from '../../support/scripted/identity.ts'
import { listApi, ScriptedList } from '../../support/scripted/scripted-list.ts'
import { signedIn } from '../../support/scripted/scripted-source.ts'

function fail(message: string): () => never {
  return () => {
    throw new Error(message)
  }
}

/** The message of a function, without what the Convex client adds. */
function textOf({ message }: Error): string {
  return message.replace(/^\[CONVEX .*?\] |\n[\s\S]*$/g, '')
}

/** A page with these hooks, and all of their calls, in order. */
function openHooked(options: Parameters<typeof openPage>[0] = {}, hooks: ConvexHooks = {}) {
  const { deployment, source, app, convex } = openPage(options)
  const called: string[] = []
  app.use(createConvexHooks({
    onQueryError: (error, { name, args }) => called.push(`${name} ${JSON.stringify(args)}: ${textOf(error)}`),
    onMutationError: (error, { kind, name, args }) => called.push(`${kind} ${name} ${JSON.stringify(args)}: ${error instanceof IdentityChangedError ? error.outcome : textOf(error)}`),
    onIdentityChange: (user, previous) => called.push(`${previous?.name ?? null} → ${user?.name ?? null}`),
    ...hooks,
  }))
  return { deployment, source, convex, called, app }
}

describe('createConvexHooks', () => {
  describe('onQueryError', () => {
    it('is called once for an error that several components show', async () => {
      const { deployment, called } = openHooked()
      deployment.functions.set('tasks:list', fail('No.'))
      const first = page.run(() => useConvexQuery(api.tasks, { of: 'a' }))
      page.run(() => useConvexQuery(api.tasks, { of: 'a' }, { keepDataOnError: true }))
      await page.tick()
      first.stop()
      page.run(() => useConvexQuery(api.tasks, { of: 'a' }))
      await page.tick()
      expect(called).toEqual(['tasks:list {"of":"a"}: No.'])
    })

    it('is called again for another error, and for the same error after a result', async () => {
      const { deployment, called } = openHooked()
      page.run(() => useConvexQuery(api.tasks, {}))
      for (const message of ['One', 'One', 'Two', undefined, 'Two']) {
        deployment.functions.set('tasks:list', message ? fail(message) : () => 'result')
        deployment.invalidate()
        await page.tick()
      }
      expect(called).toEqual(['One', 'Two', 'Two'].map(message => `tasks:list {}: ${message}`))
    })

    it('is still called after the component that ran the query first has been unmounted', async () => {
      const { deployment, called } = openHooked()
      const first = page.run(() => useConvexQuery(api.tasks, {}))
      page.run(() => useConvexQuery(api.tasks, {}))
      await page.tick()
      first.stop()
      deployment.functions.set('tasks:list', fail('No.'))
      deployment.invalidate()
      await page.tick()
      expect(called).toEqual(['tasks:list {}: No.'])
    })

    it.each([
      ['is not called for an invalid cursor, after which a list restarts', 1, 3, []],
      ['is called for an invalid cursor if the list no longer restarts', Infinity, 0, ['InvalidCursor']],
    ])('%s', async (_name, count, rows, errors) => {
      const { deployment, called } = openHooked()
      const list = new ScriptedList(deployment)
      list.fill('a', 5)
      let failures = count
      list.intercept = (result) => {
        if (failures-- > 0)
          throw new Error('InvalidCursor')
        return result
      }
      const { result } = page.run(() => useConvexPaginatedQuery(listApi.page, { of: 'a' }, { initialNumItems: 3 }))
      await page.tick(100)
      expect(result.results.value).toHaveLength(rows)
      expect(called.map(text => text.replace(/.*: /, ''))).toEqual(errors)
    })

    it('is not called for the last error of a session that ends', async () => {
      const { deployment, source, called } = openHooked({ user: 'ada' })
      page.run(() => useAuthedQuery(api.tasks, {}))
      await page.tick()
      deployment.functions.set('tasks:list', fail('Uncaught ConvexError: Unauthenticated'))
      const signedOut = page.convex.auth.signOut()
      deployment.invalidate()
      await signedOut
      source.report({ status: 'signedOut' })
      await page.tick()
      expect(called).toEqual(['ada → null'])
    })
  })

  describe('onMutationError', () => {
    it('is called once for each mutation and action that fails, beside onError', async () => {
      const { deployment, called } = openHooked()
      for (const name of ['tasks:add', 'tasks:run'])
        deployment.functions.set(name, fail('No.'))
      const { result } = page.run(() => ({
        add: useConvexMutation(api.add, { onError: error => called.push(`onError ${textOf(error)}`) }),
        run: useConvexAction(api.run),
        client: useConvexClient(),
      }))
      const failed = Promise.allSettled([result.add.mutate({ text: 'a' }), result.run.run(), result.client.mutation(api.add, {}), result.client.query(api.whoami)])
      await page.tick()
      expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'fulfilled'])
      expect(called.sort()).toEqual(['action tasks:run {}: No.', 'mutation tasks:add {"text":"a"}: No.', 'mutation tasks:add {}: No.', 'onError No.'])
    })

    it('is called if a call is not sent because its arguments are invalid', async () => {
      const { called } = openHooked()
      const { result } = page.run(() => useConvexMutation(api.add))
      await expect(result.mutate({ text: Symbol('unstorable') as any })).rejects.toMatchObject({ code: 'ARGS_INVALID' })
      expect(called).toHaveLength(1)
      expect(called[0]).toContain('ARGS_INVALID')
    })

    it('receives an IdentityChangedError, and not the error of the previous user', async () => {
      const { source, called } = openHooked({ user: 'ada' })
      page.deployment.functions.set('tasks:add', fail('A secret of ada.'))
      page.deployment.latencyMs = 50
      const { result } = page.run(() => useConvexMutation(api.add))
      await page.tick(200)
      const added = result.mutate({})
      await Promise.all([
        expect(added).rejects.toBeInstanceOf(IdentityChangedError),
        page.tick(20).then(() => {
          source.signIn('bea')
          return page.tick(200)
        }),
      ])
      expect(called).toEqual(['ada → bea', 'mutation tasks:add {}: unknown'])
    })
  })

  describe('onIdentityChange', () => {
    it('is called in the tick of each change, and not for the first identity of a page', async () => {
      const { source, called } = openHooked({ user: 'silent' })
      await page.tick()
      source.signIn('ada')
      await page.tick()
      expect(called).toEqual([])
      source.report(signedIn('bea'))
      expect(called).toEqual(['ada → bea'])
      source.report({ status: 'signedOut' })
      expect(called).toEqual(['ada → bea', 'bea → null'])
    })

    it('is not called for another session or other claims of the same user', async () => {
      const { source, called } = openHooked({ user: 'ada' })
      await page.tick()
      source.signIn('ada', 'another-session')
      await page.tick()
      expect(called).toEqual([])
    })
  })

  describe('a hook that throws', () => {
    it('changes nothing on the page, and its error is reported', async () => {
      const broken = fail('The hook is broken.')
      const { deployment, source, convex } = openHooked({ user: 'ada' }, { onQueryError: broken, onMutationError: broken, onIdentityChange: broken })
      const { result } = page.run(() => ({
        failing: useConvexQuery(api.tasks, {}),
        me: useConvexQuery(api.whoami),
        add: useConvexMutation(api.add),
      }))
      deployment.functions.set('tasks:list', fail('No.'))
      deployment.functions.set('tasks:add', fail('No.'))
      // Fake timers rethrow an uncaught error to the code that advances them.
      const tickWithError = (): Promise<void> => expect(page.tick()).rejects.toThrow('The hook is broken.')
      await tickWithError()
      await page.tick()
      expect([textOf(result.failing.error.value!), result.me.data.value]).toEqual(['No.', 'ada'])
      const added = result.add.mutate({})
      await Promise.all([expect(added).rejects.toThrow('No.'), tickWithError()])
      source.report({ status: 'signedOut' })
      await tickWithError()
      await page.tick()
      expect([convex.auth.status.value, result.me.data.value]).toEqual(['unauthenticated', 'anonymous'])
    })
  })

  describe('the app', () => {
    it('must install the plugin of createConvex first', () => {
      const convex = createConvex({ url: 'https://happy-otter-123.convex.cloud' })
      expect(() => createApp({ render: () => null }).use(createConvexHooks({}))).toThrow('PLUGIN_MISSING')
      void convex.close()
    })

    it('receives no calls after it has been unmounted, while another app uses the plugin', async () => {
      const { convex, source } = openPage({ user: 'ada' })
      const hook = vi.fn()
      const other = createApp({ render: () => null }).use(convex).use(createConvexHooks({ onIdentityChange: hook }))
      void page.app
      other.mount(document.createElement('div'))
      await page.tick()
      other.unmount()
      source.report({ status: 'signedOut' })
      expect(convex.auth.status.value).toBe('unauthenticated')
      expect(hook).not.toHaveBeenCalled()
    })
  })
})
