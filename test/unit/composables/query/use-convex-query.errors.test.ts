import type { ScriptedPageOptions } from '../../../support/scripted/scripted-page.ts'
import { ConvexError } from 'convex/values'
import { ConvueError, useConvexMutation, useConvexQuery } from 'convue'
import { describe, expect, it, vi } from 'vitest'
import { computed, defineComponent, h, ref, watch, watchEffect } from 'vue'
import { expectConsole } from '../../../support/environment/console-guard.ts'
import { fakeToken } from '../../../support/scripted/fake-token.ts'
import { api } from '../../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'
import { signedIn } from '../../../support/scripted/scripted-source.ts'

setupScriptedPage()

let page: ScriptedPage

/** A query of a value that the test sets; setting it to an error makes the query fail. */
function mountValue(first: any, options?: ScriptedPageOptions) {
  let value = first
  page = new ScriptedPage(options)
  for (const name of ['values:get', 'values:other']) {
    page.deployment.functions.set(name, () => {
      if (value instanceof Error)
        throw value
      return value
    })
  }
  return {
    query: page.run(() => useConvexQuery(api.values.get)).result,
    set: async (next: any) => {
      value = next
      page.deployment.invalidate()
      await page.tick()
    },
  }
}

describe('useConvexQuery', () => {
  describe('an error', () => {
    it('is set as `error`, and removed by the next result', async () => {
      const { query, set } = mountValue('fine')
      await page.tick()
      await set(new Error('broken'))
      expect(query.status.value).toBe('error')
      expect(query.error.value!.message).toContain('broken')
      expect(query.data.value).toBeUndefined()
      expect(query.isStale.value).toBe(false)
      await set('fine again')
      expect(query.status.value).toBe('success')
      expect(query.error.value).toBeUndefined()
      expect(query.data.value).toBe('fine again')
    })

    it('can be the first outcome of the query', async () => {
      const { query, set } = mountValue(new Error('broken from the start'))
      await page.tick()
      expect(query.status.value).toBe('error')
      await set(1)
      expect(query.data.value).toBe(1)
    })

    it('is a ConvexError with the data that the function has thrown', async () => {
      const { query } = mountValue(Object.assign(new Error('refused'), { data: { code: 'NO_ENTRY' } }))
      await page.tick()
      expect(query.error.value).toBeInstanceOf(ConvexError)
      expect((query.error.value as ConvexError<any>).data).toEqual({ code: 'NO_ENTRY' })
    })

    it('is shown to components that mount later', async () => {
      mountValue(new Error('broken'))
      await page.tick()
      const { result } = page.run(() => useConvexQuery(api.values.get))
      expect(result.status.value).toBe('error')
    })
  })

  describe('a repeated error', () => {
    let requests = 0
    const failure = (reason: string, data?: unknown): Error => Object.assign(
      new Error(`[Request ID: ${(++requests).toString(16).padStart(16, '0')}] Server Error\n${reason}`),
      data === undefined ? {} : { data },
    )

    /** All readers of the query: a watcher of each ref, an effect of all refs, and a component. */
    function follow(query: ReturnType<typeof mountValue>['query']) {
      const notified: string[] = []
      page.run(() => {
        for (const field of ['data', 'error', 'status', 'isPending', 'isStale'] as const)
          watch(query[field], () => notified.push(field), { flush: 'sync' })
        watchEffect(() => notified.push(`effect: ${query.data.value} ${query.error.value?.message.length}`))
      })
      page.mount(defineComponent(() => () => {
        notified.push('render')
        return h('p', [query.status.value, query.data.value])
      }))
      notified.length = 0
      return notified
    }

    it.each<[string, () => Error]>([
      ['a message', () => failure('Uncaught Error: not now')],
      ['data', () => failure('Uncaught ConvexError', { code: 'NOT_NOW', limits: [1, 2] })],
      ['data that is one value', () => failure('Uncaught ConvexError', 'NOT_NOW')],
      ['a message alone, as in production', () => failure('')],
      ['the request ids of several functions', () => failure(`Uncaught Error: ${failure('inner').message}`)],
      ['a mistake that Convue explains', () => failure('Trying to execute values:get as Query, but it is defined as Mutation.')],
    ])('triggers no watcher if only the request id differs: %s', async (_what, fail) => {
      const { query, set } = mountValue(fail())
      await page.tick()
      const notified = follow(query)
      const first = query.error.value
      await set(fail())
      await set(fail())
      expect(notified).toEqual([])
      expect(query.error.value).toBe(first)
      expect(query.status.value).toBe('error')
    })

    it.each<[string, () => Error, () => Error]>([
      ['another message', () => failure('one'), () => failure('other')],
      ['other data', () => failure('', { code: 'A', at: [1] }), () => failure('', { code: 'A', at: [2] })],
      ['data that the first error does not have', () => failure(''), () => failure('', null)],
    ])('triggers watchers if it has %s', async (_what, one, other) => {
      const { query, set } = mountValue(one())
      await page.tick()
      const notified = follow(query)
      const first = query.error.value
      await set(other())
      expect(notified.filter(field => field === 'error')).toHaveLength(1)
      expect(query.error.value).not.toBe(first)
    })

    it('does not prevent that refresh() resolves', async () => {
      const { query } = mountValue(failure('not now'))
      await page.tick()
      const notified = follow(query)
      const refreshed = vi.fn()
      void query.refresh().then(refreshed)
      await page.tick()
      expect(refreshed).toHaveBeenCalledTimes(1)
      expect(notified).toEqual([])
    })

    it('is another object if the user has changed', async () => {
      const { query } = mountValue(failure('not now'), { user: 'ada' })
      await page.tick()
      const first = query.error.value
      expect(first).toBeDefined()
      page.source.answer = () => ({ kind: 'token', token: fakeToken('bob') })
      page.source.report(signedIn('bob'))
      await page.tick(100)
      expect(query.error.value).toBeDefined()
      expect(query.error.value).not.toBe(first)
    })
  })

  describe('data', () => {
    it.each([null, 0, '', false, Number.NaN, 0n])('can be %s', async (value) => {
      const { query } = mountValue(value)
      await page.tick()
      expect(query.status.value).toBe('success')
      expect(query.data.value).toBe(value)
      expect(query.isPending.value).toBe(false)
    })

    it('distinguishes null from the absence of a result', async () => {
      const { query, set } = mountValue(null)
      const transform = vi.fn(value => `transformed ${value}`)
      const { result } = page.run(() => useConvexQuery(api.values.get, {}, { transform, initialData: null } as any))
      expect(result.data.value).toBe('transformed null')
      expect(result.isStale.value).toBe(true)
      await page.tick()
      expect(result.isStale.value).toBe(false)
      expect(transform).toHaveBeenCalledTimes(1)
      await set('more')
      expect(result.data.value).toBe('transformed more')
      expect(query.data.value).toBe('more')
    })
  })

  describe('transform', () => {
    it('sets `error` only in its own component if it throws, until it succeeds', async () => {
      const { query, set } = mountValue({ ok: false })
      const { result } = page.run(() => useConvexQuery(api.values.get, {}, {
        transform: ({ ok }) => {
          if (!ok)
            throw new TypeError('not ok')
          return 'ok'
        },
      }))
      await page.tick()
      expect(result.status.value).toBe('error')
      expect(result.error.value).toBeInstanceOf(TypeError)
      expect(result.data.value).toBeUndefined()
      expect(query.status.value).toBe('success')
      await set({ ok: true })
      expect(result.status.value).toBe('success')
      expect(result.data.value).toBe('ok')
    })

    it('runs once for each result, however often the data is read', async () => {
      const { set } = mountValue(1)
      const transform = vi.fn((value: number) => ({ value }))
      const { result } = page.run(() => useConvexQuery(api.values.get, {}, { transform }))
      await page.tick()
      const first = result.data.value
      page.deployment.invalidate()
      await page.tick()
      expect(result.data.value).toBe(first)
      expect(result.data.value).toBe(first)
      expect(transform).toHaveBeenCalledTimes(1)
      await set(2)
      expect(result.data.value).toEqual({ value: 2 })
      expect(transform).toHaveBeenCalledTimes(2)
    })

    it('runs again when a reactive value that it reads changes', async () => {
      mountValue(2)
      const factor = ref(2)
      const { result } = page.run(() => useConvexQuery(api.values.get, {}, { transform: (value: number) => value * factor.value }))
      await page.tick()
      expect(result.data.value).toBe(4)
      factor.value = 10
      expect(result.data.value).toBe(20)
      factor.value = 1
      expect(result.data.value).toBe(2)
    })
  })

  describe('a watcher that throws', () => {
    it.each(['sync', 'pre', 'post'] as const)('calls the error handler of the app, and does not affect other watchers: flush %s', async (flush) => {
      const seen: unknown[] = []
      const errorHandler = vi.fn()
      let value = 1
      page = new ScriptedPage()
      page.deployment.functions.set('values:get', () => value)
      const Thrower = defineComponent(() => {
        const { data } = useConvexQuery(api.values.get)
        watch(data, () => {
          throw new Error('of the thrower')
        }, { flush })
        return () => h('p', 'thrower ')
      })
      const Reader = defineComponent(() => {
        const { data } = useConvexQuery(api.values.get)
        watch(data, now => seen.push(now), { flush })
        return () => h('p', data.value)
      })
      const wrapper = page.mount(defineComponent(() => () => h('main', [h(Reader), h(Thrower), h(Reader)])), { errorHandler })
      await page.tick()
      value = 2
      page.deployment.invalidate()
      await page.tick()
      expect(seen).toEqual([1, 1, 2, 2])
      expect(wrapper.text()).toBe('2thrower 2')
      expect(errorHandler).toHaveBeenCalledTimes(2)
    })

    it('does not affect other watchers if it is outside of components', async () => {
      const { query, set } = mountValue(1)
      const seen: unknown[] = []
      page.run(() => {
        watch(query.data, now => seen.push(`before ${now}`), { flush: 'sync' })
        watch(query.data, () => {
          throw new Error('a watcher\'s own')
        }, { flush: 'sync' })
        watch(query.data, now => seen.push(`after ${now}`), { flush: 'sync' })
      })
      const other = page.run(() => useConvexQuery(api.values.other)).result
      await reportedErrors(() => page.tick())
      const errors = await reportedErrors(() => set(2))
      expect(errors.map(({ message }) => message)).toEqual(['a watcher\'s own'])
      expect(seen).toEqual(['before 1', 'after 1', 'before 2', 'after 2'])
      expect(other.data.value).toBe(2)
      expectConsole(/Unhandled error during execution of watcher callback/)
      expectConsole(/Unhandled error during execution of watcher callback/)
    })

    it('does not prevent close() of the plugin', async () => {
      const { query } = mountValue(1)
      await page.tick()
      const other = page.run(() => useConvexQuery(api.values.other)).result
      page.run(() => watch(query.status, () => {
        throw new Error('a watcher\'s own')
      }, { flush: 'sync' }))
      await page.tick()
      const errors = await reportedErrors(async () => {
        const closed = page.convex.close()
        await page.tick(1000)
        await closed
      })
      expect(other.data.value).toBeUndefined()
      expect(page.deployment.liveSockets).toEqual([])
      expect(errors.length).toBeLessThanOrEqual(1)
      expectConsole(/Unhandled error during execution of watcher callback/)
    })

    it('is reported like an uncaught error, and other effects still track their refs', async () => {
      const { query, set } = mountValue(1)
      await page.tick()
      page.run(() => watchEffect(() => {
        if (query.data.value === 2)
          throw new Error('of an effect')
      }, { flush: 'sync' }))
      expect(await reportedErrors(() => set(2))).toEqual([expect.objectContaining({ message: 'of an effect' })])
      expectConsole(/Unhandled error during execution of watcher callback/)
      const seen: unknown[] = []
      page.run(() => watchEffect(() => seen.push(query.data.value)))
      const doubled = page.run(() => computed(() => query.data.value * 2)).result
      await set(4)
      expect(seen).toEqual([2, 4])
      expect(doubled.value).toBe(8)
    })
  })

  describe('a reference to a mutation', () => {
    it('sets `error` to FUNCTION_KIND_MISMATCH, which names useConvexMutation', async () => {
      const message = 'Trying to execute messages:send as Query, but it is defined as Mutation.'
      const { query } = mountValue(new Error(message))
      await page.tick()
      expect(query.error.value).toBeInstanceOf(ConvueError)
      expect(query.error.value).toMatchObject({
        code: 'FUNCTION_KIND_MISMATCH',
        why: expect.stringContaining(message),
        fix: expect.stringContaining('useConvexMutation'),
        cause: expect.objectContaining({ message: expect.stringContaining(message) }),
      })
    })
  })
})

describe('useConvexMutation: a callback that throws', () => {
  it('does not affect the mutation, and its error is reported', async () => {
    page = new ScriptedPage()
    page.deployment.functions.set('messages:send', ({ body }) => {
      if (body === 'bad')
        throw new Error('refused')
      return 'id'
    })
    const { result } = page.run(() => useConvexMutation(api.messages.send, {
      onSuccess: () => {
        throw new Error('of onSuccess')
      },
      onError: () => {
        throw new Error('of onError')
      },
      onSettled: () => {
        throw new Error('of onSettled')
      },
    }))
    const outcomes: unknown[] = []
    const errors = await reportedErrors(async () => {
      void result.mutate({ channel: 'a', body: 'good' }).then(id => outcomes.push(id))
      await page.tick()
      void result.mutate({ channel: 'a', body: 'bad' }).catch(error => outcomes.push(error.message))
      await page.tick()
    })
    expect(outcomes).toEqual(['id', expect.stringContaining('refused')])
    expect(errors.map(({ message }) => message)).toEqual(['of onSuccess', 'of onSettled', 'of onError', 'of onSettled'])
  })

  it('does not affect the mutation or a query if it is an optimistic update', async () => {
    page = new ScriptedPage()
    let count = 1
    page.deployment.functions.set('messages:count', () => count)
    page.deployment.functions.set('messages:send', () => {
      count++
      return 'id'
    })
    page.deployment.latencyMs = 50
    const { result } = page.run(() => ({
      query: useConvexQuery(api.messages.count, { channel: 'a' }),
      send: useConvexMutation(api.messages.send, {
        optimisticUpdate: () => {
          throw new Error('of the optimistic update')
        },
      }),
    }))
    await page.tick(200)
    const sent = vi.fn()
    const errors = await reportedErrors(async () => {
      void result.send.mutate({ channel: 'a', body: 'good' }).then(sent)
      await page.tick(20)
      page.deployment.invalidate()
      await page.tick(200)
    })
    expect(sent).toHaveBeenCalledWith('id')
    expect(errors.map(({ message }) => message)).toContain('of the optimistic update')
    expect(result.query.data.value).toBe(2)
    count = 3
    page.deployment.invalidate()
    await page.tick(200)
    expect(result.query.data.value).toBe(3)
  })
})

/** The errors that reach the global scope while `run` advances the time. */
async function reportedErrors(run: () => Promise<unknown>): Promise<Error[]> {
  const errors: Error[] = []
  const original = globalThis.setTimeout
  // Fake timers rethrow errors to the code that advances them; a page would continue.
  const guarded = ((task: () => void, ...rest: any[]) => original(() => {
    try {
      task()
    }
    catch (error) {
      errors.push(error as Error)
    }
  }, ...rest)) as typeof setTimeout
  globalThis.setTimeout = guarded
  try {
    await run()
  }
  finally {
    globalThis.setTimeout = original
  }
  return errors
}
