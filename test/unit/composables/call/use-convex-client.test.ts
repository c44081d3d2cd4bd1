import type { UseConvexClientReturn } from 'convue'
import type { ScriptedPageOptions } from '../../../support/scripted/scripted-page.ts'
import { ConvexClient } from 'convex/browser'
import { IdentityChangedError, useConvexClient, useConvexQuery } from 'convue'
import { describe, expect, it } from 'vitest'
import { defineComponent, effectScope, h, ref } from 'vue'
import { api } from '../../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'

let page: ScriptedPage
setupScriptedPage()

function mountClient(options?: ScriptedPageOptions): UseConvexClientReturn {
  page = new ScriptedPage(options)
  page.deployment.latencyMs = 50
  page.deployment.functions.set('users:whoami', (_args, subject) => subject)
  page.deployment.functions.set('messages:send', ({ body }, subject) => `${subject} sent ${body}`)
  page.deployment.functions.set('values:run', ({ value }, subject) => `${subject} ran ${value}`)
  return page.run(() => useConvexClient()).result
}

describe('useConvexClient', () => {
  describe('query', () => {
    it('runs as the current identity, and unsubscribes after it has resolved', async () => {
      const client = mountClient({ user: 'ada' })
      const answer = client.query(api.users.whoami)
      await page.tick(500)
      expect(await answer).toBe('ada')
      await page.tick(5000)
      expect(page.deployment.liveSockets[0]!.queries.size).toBe(0)
    })

    it('waits until the identity is known', async () => {
      const client = mountClient({ user: 'silent' })
      const answer = client.query(api.users.whoami)
      await page.tick(1500)
      page.source.signIn('ada')
      await page.tick(500)
      expect(await answer).toBe('ada')
    })

    it('runs as the user even if queries of the page still show anonymous results', async () => {
      const client = mountClient({ user: 'silent' })
      page.deployment.functions.set('users:whoami', (_args, subject) => subject ?? 'anonymous')
      const query = page.run(() => useConvexQuery(api.users.whoami)).result
      await page.tick(2500)
      expect(query.data.value).toBe('anonymous')
      page.source.signIn('ada')
      await page.tick(10)
      expect(query.data.value).toBe('anonymous')
      const answer = client.query(api.users.whoami)
      await page.tick(500)
      expect(await answer).toBe('ada')
    })

    it('rejects with the error that the function throws', async () => {
      const client = mountClient()
      page.deployment.functions.set('users:whoami', () => {
        throw new Error('broken')
      })
      const failure = client.query(api.users.whoami).catch(error => error)
      await page.tick(500)
      expect((await failure).message).toContain('broken')
      await page.tick(5000)
      expect(page.deployment.liveSockets).toEqual([])
    })

    it('rejects at once if a component already shows an error of the same query', async () => {
      const client = mountClient()
      page.deployment.functions.set('users:whoami', () => {
        throw new Error('broken')
      })
      page.run(() => useConvexQuery(api.users.whoami))
      await page.tick(500)
      page.takeFrames()
      await expect(client.query(api.users.whoami)).rejects.toThrow('broken')
      expect(page.takeFrames()).toEqual([])
    })

    it('keeps the anonymous connection open while it is pending', async () => {
      const client = mountClient()
      const { stop } = page.run(() => useConvexQuery(api.values.get, {}, { lingerMs: 0 }))
      page.deployment.functions.set('values:get', () => 1)
      await page.tick(500)
      const answer = client.query(api.users.whoami)
      stop()
      await page.tick(500)
      expect(await answer).toBeNull()
      expect(page.deployment.sockets).toHaveLength(1)
      expect(page.deployment.liveSockets).toEqual([])
    })

    it('runs anonymously if the provider does not respond within two seconds', async () => {
      const client = mountClient({ user: 'silent' })
      const answer = client.query(api.users.whoami)
      await page.tick(2500)
      expect(await answer).toBeNull()
    })

    it('rejects if a user signs in while it is pending, unless the query is public', async () => {
      const client = mountClient()
      page.deployment.functions.set('values:get', () => 1)
      page.run(() => useConvexQuery(api.values.get, {}, { auth: 'public' }))
      await page.tick(500)
      const failure = client.query(api.users.whoami).catch(error => error)
      page.source.signIn('ada')
      expect(await failure).toBeInstanceOf(IdentityChangedError)
      await page.tick(5000)
      expect(page.deployment.liveSockets.map(({ subject }) => subject)).toEqual([null, 'ada'])
      expect(page.deployment.sockets).toHaveLength(2)
    })

    it('sends no message if a component shows the same query', async () => {
      const client = mountClient()
      page.run(() => useConvexQuery(api.users.whoami))
      await page.tick(500)
      page.takeFrames()
      expect(await client.query(api.users.whoami)).toBeNull()
      expect(page.takeFrames()).toEqual([])
    })

    it('does not shorten the time for which the query of a component lingers', async () => {
      const client = mountClient()
      // Keeps the connection open.
      page.deployment.functions.set('messages:count', () => 0)
      page.run(() => useConvexQuery(api.messages.count, { channel: 'a' }))
      const { stop } = page.run(() => useConvexQuery(api.users.whoami))
      await page.tick(500)
      stop()
      await page.tick(1000)
      page.takeFrames()
      expect(await client.query(api.users.whoami)).toBeNull()
      await page.tick(1900)
      expect(page.takeFrames()).toEqual([])
      await page.tick(3000)
      expect(page.takeFrames()).toEqual(['-1'])
    })

    it('rejects at an identity change, so that another identity never receives the result', async () => {
      const client = mountClient({ user: 'ada' })
      await page.tick(500)
      const failure = client.query(api.users.whoami).catch(error => error)
      page.source.signIn('bob')
      await page.tick(500)
      expect(await failure).toBeInstanceOf(IdentityChangedError)
    })

    it('resolves and unsubscribes even if the component that called it is unmounted', async () => {
      mountClient()
      const isShown = ref(true)
      const answers: unknown[] = []
      const Asker = defineComponent(() => {
        void useConvexClient().query(api.users.whoami).then(answer => answers.push(answer))
        return () => h('p')
      })
      page.mount(defineComponent(() => () => isShown.value ? h(Asker) : null))
      isShown.value = false
      await page.tick(500)
      expect(answers).toEqual([null])
      await page.tick(5000)
      expect(page.deployment.liveSockets).toEqual([])
    })

    it('rejects when the plugin is closed, and if it is called afterwards', async () => {
      const client = mountClient()
      const failure = client.query(api.users.whoami).catch(error => error)
      await page.tick(20)
      void page.convex.close()
      await page.tick(0)
      expect(await failure).toMatchObject({ code: 'CLOSED' })
      await expect(client.query(api.users.whoami)).rejects.toMatchObject({ code: 'CLOSED' })
    })

    it('rejects if Convex cannot encode its arguments', async () => {
      const client = mountClient()
      await expect(client.query(api.values.echo, { value: new Date(0) })).rejects.toMatchObject({ code: 'ARGS_INVALID' })
      await expect(client.mutation(api.messages.send, new Event('click') as any)).rejects.toMatchObject({ code: 'ARGS_INVALID' })
      await expect(client.query(undefined as any)).rejects.toMatchObject({ code: 'FUNCTION_INVALID' })
    })
  })

  describe('mutation and action', () => {
    it('run as the identity that is current when they are called', async () => {
      const client = mountClient()
      const guests = client.mutation(api.messages.send, { channel: 'a', body: 'one' })
      await page.tick(500)
      page.source.signIn('ada')
      const hers = client.mutation(api.messages.send, { channel: 'a', body: 'two' })
      const run = client.action(api.values.run, { value: 'three' })
      await page.tick(500)
      expect(await guests).toBe('null sent one')
      expect(await hers).toBe('ada sent two')
      expect(await run).toBe('ada ran three')
    })
  })

  describe('calls', () => {
    it.each([
      ['mutation', (client: UseConvexClientReturn) => client.mutation(api.messages.send, { channel: 'a', body: 'one' }), 'ada sent one'],
      ['action', (client: UseConvexClientReturn) => client.action(api.values.run, { value: 'one' }), 'ada ran one'],
      ['query', (client: UseConvexClientReturn) => client.query(api.users.whoami), 'ada'],
    ])('wait while the page is offline: %s', async (_kind, ask, expected) => {
      const client = mountClient({ user: 'ada' })
      await page.tick(500)
      page.deployment.isReachable = false
      page.deployment.drop()
      const answer = ask(client)
      await page.tick(3000)
      page.deployment.isReachable = true
      await page.tick(60_000)
      expect(await answer).toBe(expected)
    })

    it('reject at an identity change, with the outcome `notSent` if the page is offline', async () => {
      const client = mountClient({ user: 'ada' })
      await page.tick(500)
      page.deployment.isReachable = false
      page.deployment.drop()
      const calls = [client.mutation(api.messages.send, { channel: 'a', body: 'one' }), client.action(api.values.run, {}), client.query(api.users.whoami)]
      const outcomes = Promise.all(calls.map(call => call.catch(error => error.outcome)))
      page.source.report({ status: 'signedOut' })
      expect(await outcomes).toEqual(['notSent', 'notSent', 'notSent'])
      page.deployment.isReachable = true
    })

    it('resolve even if the component that made them is unmounted', async () => {
      mountClient()
      const isShown = ref(true)
      const answers: unknown[] = []
      const Asker = defineComponent(() => {
        void useConvexClient().mutation(api.messages.send, { channel: 'a', body: 'one' }).then(answer => answers.push(answer))
        return () => h('p')
      })
      page.mount(defineComponent(() => () => isShown.value ? h(Asker) : null))
      isShown.value = false
      await page.tick(500)
      expect(answers).toEqual(['null sent one'])
      expect(page.deployment.liveSockets).toEqual([])
    })
  })

  describe('client', () => {
    it('is the ConvexClient of the current identity, and another object for each identity', async () => {
      const client = mountClient()
      const guests = client.client
      expect(guests).toBeInstanceOf(ConvexClient)
      expect(page.convex.client).toBe(guests)
      page.source.signIn('ada')
      await page.tick(500)
      const hers = client.client
      expect(hers).not.toBe(guests)
      expect(client.client).toBe(hers)
      page.source.report({ status: 'signedOut' })
      expect(client.client).not.toBe(hers)
      expect(client.client).not.toBe(guests)
    })

    it('remains open if it is the anonymous client, because the app may have subscribed with it', async () => {
      const client = mountClient()
      const updates: unknown[] = []
      client.client.onUpdate(api.users.whoami, {}, answer => updates.push(answer))
      await page.tick(500)
      const { stop } = page.run(() => useConvexQuery(api.users.whoami))
      stop()
      await page.tick(5000)
      expect(updates).toEqual([null])
      expect(page.deployment.liveSockets).toHaveLength(1)
    })

    it('throws after the plugin is closed', async () => {
      const client = mountClient()
      await page.convex.close()
      expect(() => client.client).toThrow(expect.objectContaining({ code: 'CLOSED' }))
      expect(() => page.convex.client).toThrow(expect.objectContaining({ code: 'CLOSED' }))
    })
  })

  it('throws PLUGIN_MISSING if the app does not use the plugin', () => {
    mountClient()
    expect(() => effectScope().run(() => useConvexClient())).toThrow(expect.objectContaining({ code: 'PLUGIN_MISSING' }))
  })
})
