import type { UseConvexMutationOptions } from 'convue'
import type { ScriptedPageOptions } from '../../../support/scripted/scripted-page.ts'
import { ConvexError } from 'convex/values'
import { ConvueError, IdentityChangedError, useConvexConnectionState, useConvexMutation, useConvexQuery } from 'convue'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, h, reactive, ref, watch } from 'vue'
import { fakeToken } from '../../../support/scripted/fake-token.ts'
import { api } from '../../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'

let page: ScriptedPage
setupScriptedPage()

/** `messages:send` on a page: a body that starts with `!` is refused. */
function mountSend(options: UseConvexMutationOptions<typeof api.messages.send> = {}, pageOptions?: ScriptedPageOptions) {
  page = new ScriptedPage(pageOptions)
  page.deployment.latencyMs = 50
  page.deployment.functions.set('messages:send', ({ body }, subject) => {
    if (body.startsWith('!'))
      throw new Error(`refused ${body}`)
    return `${subject ?? 'anonymous'} sent ${body}`
  })
  const send = page.run(() => useConvexMutation(api.messages.send, options)).result
  const state = (): unknown[] => [send.status.value, send.isPending.value, send.data.value, send.error.value?.message]
  return { ...send, state, sent: () => page.deployment.executions.filter(({ kind }) => kind === 'mutation').map(({ args }) => args.body) }
}

describe('useConvexMutation', () => {
  describe('mutate', () => {
    it('sets `data`, `status` and `isPending`', async () => {
      const { mutate, state } = mountSend()
      expect(state()).toEqual(['idle', false, undefined, undefined])
      const sent = mutate({ channel: 'a', body: 'one' })
      expect(state()).toEqual(['pending', true, undefined, undefined])
      await page.tick(500)
      expect(await sent).toBe('anonymous sent one')
      expect(state()).toEqual(['success', false, 'anonymous sent one', undefined])
    })

    it('rejects with the error of the function, and sets `error`', async () => {
      const { mutate, state, error } = mountSend()
      const rejected = expect(mutate({ channel: 'a', body: '!' })).rejects.toThrow('refused !')
      await page.tick(500)
      await rejected
      expect(state()).toEqual(['error', false, undefined, error.value!.message])
      expect(error.value!.message).toContain('refused !')
      void mutate({ channel: 'a', body: 'again' })
      expect(state()).toEqual(['pending', true, undefined, undefined])
      await page.tick(500)
    })

    it('rejects with the error of the function itself, and not with a ConvueError', async () => {
      const { mutate } = mountSend()
      const failure = mutate({ channel: 'a', body: '!' }).catch(error => error)
      page.deployment.functions.set('messages:send', () => {
        throw Object.assign(new Error('refused'), { data: 'full' })
      })
      await page.tick(500)
      expect(await failure).not.toBeInstanceOf(ConvueError)
      expect(await failure).toBeInstanceOf(ConvexError)
      expect(await failure).toMatchObject({ data: 'full' })
    })

    it('sets the state of the latest call if several calls are pending', async () => {
      const { mutate, state, sent } = mountSend()
      const calls = [mutate({ channel: 'a', body: 'one' }), mutate({ channel: 'a', body: '!' }), mutate({ channel: 'a', body: 'three' })]
      const outcomes = Promise.allSettled(calls)
      await page.tick(110)
      await page.tick(500)
      expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect(state()).toEqual(['success', false, 'anonymous sent three', undefined])
      expect(sent()).toEqual(['one', '!', 'three'])
    })

    it('continues after reset(), but no longer sets the state', async () => {
      const { mutate, state, reset, sent } = mountSend()
      const call = mutate({ channel: 'a', body: 'one' })
      reset()
      expect(state()).toEqual(['idle', false, undefined, undefined])
      await page.tick(500)
      expect(await call).toBe('anonymous sent one')
      expect(sent()).toEqual(['one'])
      expect(state()).toEqual(['idle', false, undefined, undefined])
    })

    it('resolves once the queries on the page show the effect of the mutation', async () => {
      const { mutate } = mountSend()
      let count = 0
      page.deployment.functions.set('messages:count', () => count)
      page.deployment.functions.set('messages:send', () => `number ${++count}`)
      const query = page.run(() => useConvexQuery(api.messages.count, { channel: 'a' })).result
      await page.tick(500)
      const seen = mutate({ channel: 'a', body: 'one' }).then(() => query.data.value)
      await page.tick(500)
      expect(await seen).toBe(1)
    })

    it('waits until the identity is known, and runs as that identity', async () => {
      const { mutate, sent, isPending } = mountSend({}, { user: 'silent' })
      const call = mutate({ channel: 'a', body: 'one' })
      await page.tick(5000)
      expect(sent()).toEqual([])
      expect(isPending.value).toBe(true)
      page.source.signIn('ada')
      await page.tick(500)
      expect(await call).toBe('ada sent one')
    })

    it('sends the arguments as they were at the time of the call', async () => {
      const { mutate, sent } = mountSend({}, { user: 'silent' })
      const form = reactive({ channel: 'a', body: 'written' })
      void mutate(form)
      form.body = ''
      await page.tick(100)
      page.source.signIn('ada')
      await page.tick(500)
      expect(sent()).toEqual(['written'])
    })

    it('waits while the page is offline, and is then sent once', async () => {
      const { mutate, sent } = mountSend()
      page.run(() => useConvexQuery(api.users.whoami))
      page.deployment.functions.set('users:whoami', () => null)
      await page.tick(500)
      page.deployment.isReachable = false
      page.deployment.drop()
      const call = mutate({ channel: 'a', body: 'later' })
      await page.tick(3000)
      expect(sent()).toEqual([])
      page.deployment.isReachable = true
      await page.tick(60_000)
      expect(await call).toBe('anonymous sent later')
      expect(sent()).toEqual(['later'])
    })

    it('rejects when its user signs out, and resets the state', async () => {
      const onError = vi.fn()
      const { mutate, state } = mountSend({ onError }, { user: 'ada' })
      await page.tick(500)
      page.deployment.isHolding = true
      const failure = mutate({ channel: 'a', body: 'one' }).catch(error => error)
      await page.tick(60)
      page.source.report({ status: 'signedOut' })
      expect(state()).toEqual(['idle', false, undefined, undefined])
      expect(await failure).toBeInstanceOf(IdentityChangedError)
      expect(await failure).toMatchObject({ code: 'IDENTITY_CHANGED', outcome: 'unknown' })
      expect(state()).toEqual(['idle', false, undefined, undefined])
      expect(onError).toHaveBeenCalledTimes(1)
      page.deployment.flush()
    })

    it('removes the state of its call when another user signs in', async () => {
      const { mutate, state } = mountSend({}, { user: 'ada' })
      void mutate({ channel: 'a', body: 'secret' })
      await page.tick(500)
      expect(state()[2]).toBe('ada sent secret')
      page.source.answer = () => ({ kind: 'token', token: fakeToken('bob') })
      page.source.signIn('bob')
      expect(state()).toEqual(['idle', false, undefined, undefined])
    })

    it('rejects when the plugin is closed, and if it is called afterwards', async () => {
      const { mutate } = mountSend()
      page.run(() => useConvexQuery(api.users.whoami))
      page.deployment.functions.set('users:whoami', () => null)
      await page.tick(500)
      page.deployment.isHolding = true
      const failure = mutate({ channel: 'a', body: 'one' }).catch(error => error)
      void page.convex.close()
      expect(await failure).toMatchObject({ code: 'CLOSED' })
      await expect(mutate({ channel: 'a', body: 'two' })).rejects.toMatchObject({ code: 'CLOSED' })
    })
  })

  describe('callbacks', () => {
    it('receive the result or the error, and the arguments of each call; onSettled runs last', async () => {
      const seen: unknown[] = []
      const { mutate } = mountSend({
        onSuccess: (...said) => seen.push(['success', ...said]),
        onError: (error, args) => seen.push(['error', error.message, args]),
        onSettled: (data, error, args) => seen.push(['settled', data, error?.message, args]),
      })
      const [good, bad] = [{ channel: 'a', body: 'one' }, { channel: 'a', body: '!' }]
      void mutate(good)
      const failure = mutate(bad).catch(error => error)
      await page.tick(500)
      const { message } = await failure
      expect(message).toContain('refused !')
      expect(seen).toEqual([
        ['success', 'anonymous sent one', good],
        ['settled', 'anonymous sent one', undefined, good],
        ['error', message, bad],
        ['settled', undefined, message, bad],
      ])
    })

    it('run after the state has changed and before the promise settles', async () => {
      const seen: string[] = []
      const { mutate, status } = mountSend({ onSettled: () => seen.push(`settled: ${status.value}`) })
      void mutate({ channel: 'a', body: 'one' }).then(() => seen.push('resolved'))
      void mutate({ channel: 'a', body: '!' }).catch(() => seen.push('rejected'))
      await page.tick(500)
      expect(seen).toEqual(['settled: pending', 'resolved', 'settled: error', 'rejected'])
    })

    it('run even if reset() has cleared the state of the call', async () => {
      const onSettled = vi.fn()
      const { mutate, reset } = mountSend({ onSettled })
      void mutate({ channel: 'a', body: 'one' })
      reset()
      await page.tick(500)
      expect(onSettled).toHaveBeenCalledTimes(1)
    })

    it('receive the error if the arguments are invalid', async () => {
      const onError = vi.fn()
      const onSettled = vi.fn()
      const { mutate } = mountSend({ onError, onSettled })
      const failure = await mutate(new Event('click') as any).catch(error => error)
      expect(failure).toMatchObject({ code: 'ARGS_INVALID' })
      expect(onError).toHaveBeenCalledExactlyOnceWith(failure, expect.any(Event))
      expect(onSettled).toHaveBeenCalledExactlyOnceWith(undefined, failure, expect.any(Event))
    })

    it('run even if the component has been unmounted', async () => {
      mountSend()
      const seen: unknown[] = []
      const isShown = ref(true)
      const Sender = defineComponent(() => {
        const { mutate } = useConvexMutation(api.messages.send, { onSuccess: result => seen.push(result), onSettled: () => seen.push('settled') })
        void mutate({ channel: 'a', body: 'one' }).then(result => seen.push(`resolved: ${result}`))
        return () => h('p')
      })
      page.mount(defineComponent(() => () => isShown.value ? h(Sender) : null))
      isShown.value = false
      await page.tick(500)
      expect(seen).toEqual(['anonymous sent one', 'settled', 'resolved: anonymous sent one'])
    })
  })

  describe('isQueued', () => {
    /** The mutation on a page with a query, which opens a connection. */
    async function mountOnline(options?: ScriptedPageOptions) {
      const send = mountSend({}, options)
      page.deployment.functions.set('users:whoami', () => null)
      page.run(() => useConvexQuery(api.users.whoami))
      await page.tick(500)
      const seen: string[] = []
      page.run(() => watch([send.status, send.isQueued], ([status, isQueued]) => seen.push(isQueued ? `${status}, queued` : status), { flush: 'sync' }))
      return { ...send, seen }
    }

    it('is true while a call waits because the page is offline', async () => {
      const { mutate, isQueued, sent, seen } = await mountOnline()
      page.deployment.isReachable = false
      page.deployment.drop()
      const call = mutate({ channel: 'a', body: 'later' })
      expect(isQueued.value).toBe(true)
      await page.tick(3000)
      expect([isQueued.value, sent()]).toEqual([true, []])
      page.deployment.isReachable = true
      await page.tick(60_000)
      expect(await call).toBe('anonymous sent later')
      expect(seen).toEqual(['pending', 'pending, queued', 'pending', 'success'])
    })

    it('is false after the call has been sent, even if the connection drops', async () => {
      const { mutate, sent, seen } = await mountOnline()
      const call = mutate({ channel: 'a', body: 'one' })
      page.deployment.isReachable = false
      await page.tick(60)
      page.deployment.drop()
      await page.tick(3000)
      expect(sent()).toEqual(['one'])
      page.deployment.isReachable = true
      await page.tick(60_000)
      expect(await call).toBe('anonymous sent one')
      expect(seen).toEqual(['pending', 'success'])
    })

    it('is true until the identity is known and the connection is open', async () => {
      const { mutate, isQueued, sent } = mountSend({}, { user: 'silent' })
      page.deployment.latencyMs = 1000
      const call = mutate({ channel: 'a', body: 'one' })
      expect(isQueued.value).toBe(true)
      await page.tick(500)
      page.source.signIn('ada')
      await page.tick(500)
      expect([isQueued.value, sent()]).toEqual([true, []])
      await page.tick(600)
      expect(isQueued.value).toBe(false)
      await page.tick(5000)
      expect(await call).toBe('ada sent one')
    })

    it('is true while the token of the user has not arrived', async () => {
      const { mutate, isQueued, sent } = mountSend({}, { user: 'silent' })
      page.source.report({ status: 'signedIn', userId: 'ada', sessionId: 's', user: null, session: null })
      const call = mutate({ channel: 'a', body: 'one' })
      await page.tick(5000)
      expect([isQueued.value, sent()]).toEqual([true, []])
      page.source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
      await page.tick(500)
      expect(await call).toBe('ada sent one')
      expect(isQueued.value).toBe(false)
    })

    it('is false before a call, and after a call with invalid arguments', async () => {
      const { mutate, isQueued } = await mountOnline()
      expect(isQueued.value).toBe(false)
      await expect(mutate(null as any)).rejects.toMatchObject({ code: 'ARGS_INVALID' })
      expect(isQueued.value).toBe(false)
    })

    it('is false before and after a call, even if the page has no connection', async () => {
      const { mutate, isQueued } = mountSend()
      expect(isQueued.value).toBe(false)
      void mutate({ channel: 'a', body: 'one' })
      await page.tick(500)
      expect(page.deployment.liveSockets).toEqual([])
      expect(isQueued.value).toBe(false)
    })
  })

  describe('several calls that wait for the identity', () => {
    it('are sent in the order in which they were made', async () => {
      const { mutate, sent } = mountSend({}, { user: 'silent' })
      for (const body of ['one', 'two', 'three'])
        void mutate({ channel: 'a', body })
      await page.tick(100)
      page.source.signIn('ada')
      void mutate({ channel: 'a', body: 'four' })
      await page.tick(500)
      expect(sent()).toEqual(['one', 'two', 'three', 'four'])
    })
  })

  describe('calls that are pending at an identity change', () => {
    /** The outcome of a call: `notSent`, `unknown`, or its result. */
    const outcomeOf = (call: Promise<unknown>): Promise<unknown> => call.catch(error => error instanceof IdentityChangedError ? error.outcome : error)

    it('reject with the outcome `unknown` if they were sent, otherwise with `notSent`', async () => {
      const { mutate, sent } = mountSend({}, { user: 'ada' })
      page.deployment.functions.set('users:whoami', (_args, subject) => subject)
      page.run(() => useConvexQuery(api.users.whoami))
      await page.tick(500)
      page.deployment.isHolding = true
      const calls = [outcomeOf(mutate({ channel: 'a', body: 'sent' }))]
      await page.tick(60)
      page.deployment.isReachable = false
      page.deployment.drop()
      calls.push(outcomeOf(mutate({ channel: 'a', body: 'queued' })))
      await page.tick(1000)
      page.source.report({ status: 'signedOut' })
      expect(await Promise.all(calls)).toEqual(['unknown', 'notSent'])
      page.deployment.isReachable = true
      page.deployment.flush()
      await page.tick(60_000)
      expect(sent()).toEqual(['sent'])
    })

    it('reject with the outcome `notSent` if the token of their user has not arrived', async () => {
      const { mutate, sent } = mountSend({}, { user: 'silent' })
      page.source.report({ status: 'signedIn', userId: 'ada', sessionId: 's', user: null, session: null })
      const call = outcomeOf(mutate({ channel: 'a', body: 'one' }))
      await page.tick(100)
      page.source.signIn('bob')
      expect(await call).toBe('notSent')
      await page.tick(5000)
      expect(sent()).toEqual([])
    })

    it('reject if they are anonymous, and never run as the user who signs in', async () => {
      const { mutate, sent } = mountSend()
      const calls = [outcomeOf(mutate({ channel: 'a', body: 'while connecting' }))]
      await page.tick(10)
      page.source.signIn('ada')
      expect(await Promise.all(calls)).toEqual(['notSent'])
      await page.tick(5000)
      expect(sent()).toEqual([])
    })

    it('are not sent on the connection of a public query if they are anonymous', async () => {
      const { mutate, sent } = mountSend()
      page.deployment.functions.set('users:whoami', (_args, subject) => subject)
      const query = page.run(() => useConvexQuery(api.users.whoami, {}, { auth: 'public' })).result
      await page.tick(500)
      page.deployment.isReachable = false
      page.deployment.drop()
      const call = outcomeOf(mutate({ channel: 'a', body: 'one' }))
      page.source.signIn('ada')
      expect(await call).toBe('notSent')
      page.deployment.isReachable = true
      await page.tick(60_000)
      expect(sent()).toEqual([])
      expect([query.status.value, query.isStale.value, query.data.value]).toEqual(['success', false, null])
    })

    it('do not affect the connection of a public query', async () => {
      const { mutate } = mountSend({}, { user: 'ada' })
      page.deployment.functions.set('users:whoami', (_args, subject) => subject)
      const query = page.run(() => useConvexQuery(api.users.whoami, {}, { auth: 'public' })).result
      await page.tick(500)
      page.deployment.isHolding = true
      const call = outcomeOf(mutate({ channel: 'a', body: 'one' }))
      await page.tick(60)
      page.source.report({ status: 'signedOut' })
      page.deployment.isHolding = false
      expect(await call).toBe('unknown')
      await page.tick(5000)
      expect(page.deployment.sockets).toHaveLength(2)
      expect([query.status.value, query.isStale.value]).toEqual(['success', false])
    })

    it('run only onError and onSettled, even if the result arrives in the same tick', async () => {
      const seen: string[] = []
      // From the message of the server to the callbacks, several promises settle one after another.
      // The identity changes between any two of them.
      for (let moment = 0; moment < 16; moment++) {
        for (const body of ['one', '!']) {
          let isGone = false
          const say = (what: string) => (): unknown => isGone && seen.push(what)
          const { mutate, state } = mountSend({
            onSuccess: say('success'),
            onError: error => say(error instanceof IdentityChangedError ? 'changed' : 'failed')(),
            onSettled: data => data !== undefined && say('data')(),
          }, { user: 'ada' })
          await page.tick(500)
          page.deployment.isHolding = true
          const call = outcomeOf(mutate({ channel: 'a', body }))
          await page.tick(500)
          page.deployment.flush()
          for (let turn = 0; turn < moment; turn++)
            await Promise.resolve()
          isGone = true
          page.source.report({ status: 'signedOut' })
          expect(state()).toEqual(['idle', false, undefined, undefined])
          await call
          expect(state()).toEqual(['idle', false, undefined, undefined])
          await page.close()
        }
      }
      expect(new Set(seen)).toEqual(new Set(['changed']))
      // The identity changed after some of the callbacks, and before others.
      expect(seen.length).toBeGreaterThan(2)
      expect(seen.length).toBeLessThan(32)
    })

    it('do not affect the calls of the next identity', async () => {
      const { mutate, state } = mountSend({}, { user: 'ada' })
      await page.tick(500)
      page.deployment.isHolding = true
      const hers = outcomeOf(mutate({ channel: 'a', body: 'hers' }))
      await page.tick(60)
      page.deployment.isHolding = false
      page.source.signIn('bob')
      const his = mutate({ channel: 'a', body: 'his' })
      expect(state()).toEqual(['pending', true, undefined, undefined])
      expect(await hers).toBe('unknown')
      expect(state()).toEqual(['pending', true, undefined, undefined])
      await page.tick(500)
      expect(await his).toBe('bob sent his')
      expect(state()).toEqual(['success', false, 'bob sent his', undefined])
    })
  })

  describe('calls that are pending when the plugin is closed', () => {
    it.each([
      ['a call that waits for the identity', { user: 'silent' } as const],
      ['a call of a user', { user: 'ada' } as const],
      ['an anonymous call', {}],
    ])('reject with CLOSED: %s', async (_which, options) => {
      const onError = vi.fn()
      const { mutate } = mountSend({ onError }, options)
      await page.tick(500)
      page.deployment.isHolding = true
      const call = mutate({ channel: 'a', body: 'one' }).catch(error => error)
      await page.tick(20)
      void page.convex.close()
      expect(await call).toMatchObject({ code: 'CLOSED' })
      expect(onError).toHaveBeenCalledTimes(1)
    })

    it('reject with CLOSED if the app is unmounted', async () => {
      page = new ScriptedPage()
      page.deployment.isHolding = true
      const failures: unknown[] = []
      const Sender = defineComponent(() => {
        void useConvexMutation(api.messages.send).mutate({ channel: 'a', body: 'one' }).catch(error => failures.push(error))
        return () => h('p')
      })
      const wrapper = page.mount(Sender)
      await page.tick(10)
      wrapper.unmount()
      await page.tick(0)
      expect(failures).toEqual([expect.objectContaining({ code: 'CLOSED' })])
    })

    it('leave useConvexConnectionState without a connection', async () => {
      const { mutate } = mountSend({}, { user: 'ada' })
      page.deployment.functions.set('users:whoami', () => null)
      const { result: connection } = page.run(() => useConvexConnectionState())
      const { stop } = page.run(() => useConvexQuery(api.users.whoami, {}, { auth: 'public', lingerMs: 0 }))
      await page.tick(500)
      page.deployment.isHolding = true
      const call = mutate({ channel: 'a', body: 'one' }).catch(error => error)
      stop()
      void page.convex.close()
      expect(await call).toMatchObject({ code: 'CLOSED' })
      await page.tick(10)
      expect(connection.value.connectionCount).toBe(0)
    })

    it('reject like calls that are made after close(), which set `error` to CLOSED', async () => {
      const { mutate, state } = mountSend()
      await page.convex.close()
      await expect(mutate({ channel: 'a', body: 'one' })).rejects.toMatchObject({ code: 'CLOSED' })
      expect(state().slice(0, 2)).toEqual(['error', false])
    })
  })

  describe('mutate with arguments that cannot be sent', () => {
    it('rejects with ARGS_INVALID for the DOM event of @click="mutate"', async () => {
      const { mutate, error, sent } = mountSend()
      const failures: unknown[] = []
      const Button = defineComponent(() => () => h('button', { onClick: (event: any) => mutate(event).catch(error => failures.push(error)) }))
      const wrapper = page.mount(Button)
      await wrapper.find('button').trigger('click')
      await page.tick(100)
      expect(failures).toEqual([expect.objectContaining({
        code: 'ARGS_INVALID',
        why: expect.stringContaining('DOM event'),
        fix: expect.stringContaining('@click="mutate()"'),
      })])
      expect(failures[0]).toBeInstanceOf(ConvueError)
      expect(error.value).toBe(failures[0])
      expect(sent()).toEqual([])
    })

    it.each([
      ['a function', { channel: 'a', body: () => {} }],
      ['a date', { channel: 'a', body: new Date(0) }],
      ['a string', 'a'],
      ['an array', ['a']],
      ['null', null],
    ])('rejects with ARGS_INVALID for %s', async (_name, args) => {
      const { mutate, sent } = mountSend()
      await expect(mutate(args as any)).rejects.toMatchObject({ code: 'ARGS_INVALID', fix: expect.stringMatching(/./) })
      await page.tick(200)
      expect(sent()).toEqual([])
    })
  })

  describe('mutate with a reference to a query', () => {
    it('rejects with FUNCTION_KIND_MISMATCH, whose `fix` names useConvexQuery', async () => {
      const { mutate } = mountSend()
      page.deployment.functions.set('messages:send', () => {
        throw new Error('Trying to execute messages:send as Mutation, but it is defined as Query.')
      })
      const failure = mutate({ channel: 'a', body: 'one' }).catch(error => error)
      await page.tick(500)
      expect(await failure).toMatchObject({ code: 'FUNCTION_KIND_MISMATCH', fix: expect.stringContaining('useConvexQuery') })
    })
  })
})
