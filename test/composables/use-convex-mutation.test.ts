import type { UseConvexMutationOptions } from 'convue'
import type { ScriptedPageOptions } from '../support/scripted-page.ts'
import { ConvexError } from 'convex/values'
import { ConvueError, IdentityChangedError, useConvexMutation, useConvexQuery } from 'convue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h, reactive, watch } from 'vue'
import { fakeToken } from '../support/fake-token.ts'
import { api } from '../support/scripted-api.ts'
import { ScriptedPage } from '../support/scripted-page.ts'
import '../support/console-guard.ts'

let page: ScriptedPage
beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(async () => {
  await page.close()
  vi.useRealTimers()
})

/** `messages:send` on a page: a body that starts with `!` is refused. */
function mountSend(options: UseConvexMutationOptions<typeof api.messages.send> = {}, pageOptions?: ScriptedPageOptions) {
  page = new ScriptedPage(pageOptions)
  page.deployment.latencyMs = 50
  page.deployment.functions.set('messages:send', ({ body }, subject) => {
    if (body.startsWith('!'))
      throw new Error(`refused ${body}`)
    return `${subject ?? 'nobody'} sent ${body}`
  })
  const send = page.run(() => useConvexMutation(api.messages.send, options)).result
  const state = (): unknown[] => [send.status.value, send.isPending.value, send.data.value, send.error.value?.message]
  return { ...send, state, sent: () => page.deployment.executions.filter(({ kind }) => kind === 'mutation').map(({ args }) => args.body) }
}

describe('a mutation', () => {
  it('shows its latest call as it goes', async () => {
    const { mutate, state } = mountSend()
    expect(state()).toEqual(['idle', false, undefined, undefined])
    const sent = mutate({ channel: 'a', body: 'one' })
    expect(state()).toEqual(['pending', true, undefined, undefined])
    await page.tick(500)
    expect(await sent).toBe('nobody sent one')
    expect(state()).toEqual(['success', false, 'nobody sent one', undefined])
  })

  it('rejects with the error, and shows it', async () => {
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

  it('passes a ConvexError through with its data', async () => {
    const { mutate } = mountSend()
    const failure = mutate({ channel: 'a', body: '!' }).catch(error => error)
    page.deployment.functions.set('messages:send', () => {
      throw Object.assign(new Error('refused'), { data: 'full' })
    })
    await page.tick(500)
    // The scripted deployment sends `errorData` with queries only: here it is an Error that is passed on untouched.
    expect(await failure).not.toBeInstanceOf(ConvueError)
    expect(await failure).not.toBeInstanceOf(ConvexError)
  })

  it('shows the latest of several calls, whatever order they end in', async () => {
    const { mutate, state, sent } = mountSend()
    const calls = [mutate({ channel: 'a', body: 'one' }), mutate({ channel: 'a', body: '!' }), mutate({ channel: 'a', body: 'three' })]
    const outcomes = Promise.allSettled(calls)
    await page.tick(110)
    await page.tick(500)
    expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(state()).toEqual(['success', false, 'nobody sent three', undefined])
    expect(sent()).toEqual(['one', '!', 'three'])
  })

  it('is forgotten by reset, and one that is under way goes on unseen', async () => {
    const { mutate, state, reset, sent } = mountSend()
    const call = mutate({ channel: 'a', body: 'one' })
    reset()
    expect(state()).toEqual(['idle', false, undefined, undefined])
    await page.tick(500)
    expect(await call).toBe('nobody sent one')
    expect(sent()).toEqual(['one'])
    expect(state()).toEqual(['idle', false, undefined, undefined])
  })

  it('calls back with the result or error and the arguments of each call', async () => {
    const onSuccess = vi.fn()
    const onError = vi.fn()
    const { mutate } = mountSend({ onSuccess, onError })
    void mutate({ channel: 'a', body: 'one' })
    void mutate({ channel: 'a', body: '!' }).catch(() => {})
    void mutate({ channel: 'a', body: 'two' })
    await page.tick(500)
    expect(onSuccess.mock.calls).toEqual([
      ['nobody sent one', { channel: 'a', body: 'one' }],
      ['nobody sent two', { channel: 'a', body: 'two' }],
    ])
    expect(onError.mock.calls).toEqual([[expect.objectContaining({ message: expect.stringContaining('refused !') }), { channel: 'a', body: '!' }]])
  })

  it('resolves once the queries on the page reflect it', async () => {
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

  it('waits until it is known who is there, and is sent as them', async () => {
    const { mutate, sent, isPending } = mountSend({}, { user: 'silent' })
    const call = mutate({ channel: 'a', body: 'one' })
    await page.tick(5000)
    expect(sent()).toEqual([])
    expect(isPending.value).toBe(true)
    page.source.signIn('ada')
    await page.tick(500)
    expect(await call).toBe('ada sent one')
  })

  it('sends what the form held when it was called, not what it held later', async () => {
    const { mutate, sent } = mountSend({}, { user: 'silent' })
    const form = reactive({ channel: 'a', body: 'written' })
    void mutate(form)
    form.body = ''
    await page.tick(100)
    page.source.signIn('ada')
    await page.tick(500)
    expect(sent()).toEqual(['written'])
  })

  it('waits for the connection while offline and is sent once', async () => {
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
    expect(await call).toBe('nobody sent later')
    expect(sent()).toEqual(['later'])
  })

  it('of a person who goes rejects, and leaves nothing to see', async () => {
    const onError = vi.fn()
    const { mutate, state } = mountSend({ onError }, { user: 'ada' })
    await page.tick(500)
    page.deployment.isHolding = true
    const failure = mutate({ channel: 'a', body: 'one' }).catch(error => error)
    await page.tick(60)
    page.source.say({ status: 'signedOut' })
    expect(state()).toEqual(['idle', false, undefined, undefined])
    expect(await failure).toBeInstanceOf(IdentityChangedError)
    expect(await failure).toMatchObject({ code: 'IDENTITY_CHANGED', outcome: 'unknown' })
    expect(state()).toEqual(['idle', false, undefined, undefined])
    expect(onError).toHaveBeenCalledTimes(1)
    page.deployment.flush()
  })

  it('that a former person made is not shown to the next', async () => {
    const { mutate, state } = mountSend({}, { user: 'ada' })
    void mutate({ channel: 'a', body: 'secret' })
    await page.tick(500)
    expect(state()[2]).toBe('ada sent secret')
    page.source.answer = () => ({ kind: 'token', token: fakeToken('bob') })
    page.source.signIn('bob')
    expect(state()).toEqual(['idle', false, undefined, undefined])
  })

  it('rejects when the page is closed', async () => {
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

describe('an optimistic update', () => {
  /** A list that `mutate` adds to before the server does. */
  function mountOptimistic(setTo?: 'loading') {
    let list = [{ _id: '1', body: 'one' }]
    const send = mountSend({
      optimisticUpdate(queries, { channel, body }) {
        const current = queries.getQuery(api.messages.list, { channel })
        queries.setQuery(api.messages.list, { channel }, setTo === 'loading' ? undefined : current && [...current, { _id: 'optimistic', body }])
      },
    })
    page.deployment.functions.set('messages:list', () => list)
    page.deployment.functions.set('messages:send', ({ body }) => {
      if (body === '!')
        throw new Error('refused')
      list = [...list, { _id: '2', body }]
      return '2'
    })
    const seen: unknown[] = []
    const query = page.run(() => {
      const query = useConvexQuery(api.messages.list, { channel: 'a' })
      watch([query.data, query.status], ([data, status]) => seen.push(`${data?.map(({ _id }) => _id)} ${status}`), { flush: 'sync' })
      return query
    }).result
    return { ...send, query, seen }
  }

  it('is shown at once, keeps what it did not touch, and gives way to the mutation\'s own effect in one step', async () => {
    const { mutate, seen, query } = mountOptimistic()
    await page.tick(500)
    const row = query.data.value![0]
    void mutate({ channel: 'a', body: 'two' })
    expect(query.data.value!.map(({ _id }) => _id)).toEqual(['1', 'optimistic'])
    expect(query.data.value![0]).toBe(row)
    await page.tick(500)
    expect(seen).toEqual(['1 success', '1,optimistic success', '1,2 success'])
    expect(query.data.value![0]).toBe(row)
  })

  it('is rolled back when the mutation fails', async () => {
    const { mutate, seen, query } = mountOptimistic()
    await page.tick(500)
    const before = query.data.value
    const rejected = expect(mutate({ channel: 'a', body: '!' })).rejects.toThrow('refused')
    await page.tick(500)
    await rejected
    expect(seen).toEqual(['1 success', '1,optimistic success', '1 success'])
    expect(query.data.value).toEqual(before)
  })

  it('may make a query load again', async () => {
    const { mutate, seen, query } = mountOptimistic('loading')
    await page.tick(500)
    void mutate({ channel: 'a', body: 'two' })
    expect(query.isPending.value).toBe(true)
    expect(query.data.value).toBeUndefined()
    await page.tick(500)
    expect(seen).toEqual(['1 success', 'undefined pending', '1,2 success'])
  })

  it('survives what other transitions bring meanwhile', async () => {
    const { mutate, query } = mountOptimistic()
    await page.tick(500)
    page.deployment.isHolding = true
    void mutate({ channel: 'a', body: 'two' })
    page.run(() => useConvexQuery(api.messages.list, { channel: 'b' }))
    await page.tick(100)
    expect(query.data.value!.map(({ _id }) => _id)).toEqual(['1', 'optimistic'])
    page.deployment.flush()
    await page.tick(500)
    expect(query.data.value!.map(({ _id }) => _id)).toEqual(['1', '2'])
  })
})

describe('arguments that cannot be sent', () => {
  it('such as a DOM event from @click="mutate" are a diagnosed error', async () => {
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
    ['no object', 'a'],
    ['an array', ['a']],
    ['null', null],
  ])('such as %s are a diagnosed error', async (_name, args) => {
    const { mutate, sent } = mountSend()
    await expect(mutate(args as any)).rejects.toMatchObject({ code: 'ARGS_INVALID', fix: expect.stringMatching(/./) })
    await page.tick(200)
    expect(sent()).toEqual([])
  })
})

describe('a query given to a mutation', () => {
  it('is explained from what the server says', async () => {
    const { mutate } = mountSend()
    page.deployment.functions.set('messages:send', () => {
      throw new Error('Trying to execute messages:send as Mutation, but it is defined as Query.')
    })
    const failure = mutate({ channel: 'a', body: 'one' }).catch(error => error)
    await page.tick(500)
    expect(await failure).toMatchObject({ code: 'FUNCTION_KIND_MISMATCH', fix: expect.stringContaining('useConvexQuery') })
  })
})
