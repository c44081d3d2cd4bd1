import type { PaginationOptions, PaginationResult } from 'convex/server'
import type { MockConvex } from 'convue/testing/mock'
import { mount } from '@vue/test-utils'
import { makeFunctionReference } from 'convex/server'
import { ConvexError } from 'convex/values'
import { useAuthedQuery, useConvexAction, useConvexAuth, useConvexConnectionState, useConvexMutation, useConvexOnline, useConvexPaginatedQuery, useConvexQueries, useConvexQuery } from 'convue'
import { createMockConvex, pending } from 'convue/testing/mock'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h, ref, watch } from 'vue'

interface Task { text: string }

const api = {
  tasks: {
    list: makeFunctionReference<'query', { filter?: string }, Task[]>('tasks:list'),
    page: makeFunctionReference<'query', { paginationOpts: PaginationOptions }, PaginationResult<Task>>('tasks:page'),
    count: makeFunctionReference<'query', Record<string, never>, number>('tasks:count'),
    add: makeFunctionReference<'mutation', { text: string }, string>('tasks:add'),
    send: makeFunctionReference<'action', { to: string }, null>('tasks:send'),
  },
}

const ada = { id: 'ada', name: 'Ada' }
const grace = { id: 'grace', name: 'Grace' }

const mounted: (() => void)[] = []

afterEach(() => {
  mounted.splice(0).forEach(unmount => unmount())
  vi.useRealTimers()
})

interface Shown<T, Exposed> {
  /** What the component shows. */
  read: () => T
  exposed: Exposed
}

/** Mounts a component that shows the result of `view` as JSON, and waits for its answers. */
async function show<T, Exposed = undefined>(mock: MockConvex, setup: () => { view: () => T, exposed?: Exposed }): Promise<Shown<T, Exposed>> {
  let exposed: Exposed
  const wrapper = mount(defineComponent(() => {
    const component = setup()
    exposed = component.exposed!
    return () => h('pre', JSON.stringify(component.view() ?? null))
  }), { global: { plugins: [mock.plugin] } })
  mounted.push(() => wrapper.unmount())
  await mock.settled()
  return { read: () => JSON.parse(wrapper.text()), exposed: exposed! }
}

function showTasks(mock: MockConvex): Promise<Shown<string[] | string, undefined>> {
  return show(mock, () => {
    const { data, status } = useConvexQuery(api.tasks.list)
    return { view: () => data.value?.map(({ text }) => text) ?? status.value }
  })
}

describe('createMockConvex().query', () => {
  it('shows an answer that is a value, and its replacement live', async () => {
    const mock = createMockConvex()
    mock.query(api.tasks.list, [{ text: 'Write' }])
    const page = await showTasks(mock)
    expect(page.read()).toEqual(['Write'])

    mock.query(api.tasks.list, [{ text: 'Write' }, { text: 'Run' }])
    await mock.settled()
    expect(page.read()).toEqual(['Write', 'Run'])
  })

  it('calls an answer that is a function with the arguments and the caller', async () => {
    const mock = createMockConvex({ user: ada })
    const answer = vi.fn(({ filter }: { filter?: string }) => [{ text: `all ${filter}` }])
    mock.query(api.tasks.list, answer)
    const filter = ref('open')
    const page = await show(mock, () => {
      const { data } = useConvexQuery(api.tasks.list, () => ({ filter: filter.value }))
      return { view: () => data.value?.[0]?.text }
    })
    expect(page.read()).toBe('all open')
    filter.value = 'done'
    await mock.settled()
    expect(page.read()).toBe('all done')
    expect(answer).toHaveBeenLastCalledWith({ filter: 'done' }, { user: ada })
  })

  it('leaves a component in its loading state until a pending answer is replaced', async () => {
    const mock = createMockConvex()
    mock.query(api.tasks.list, pending)
    const page = await showTasks(mock)
    expect(page.read()).toBe('pending')
    mock.query(api.tasks.list, [])
    await mock.settled()
    expect(page.read()).toEqual([])
  })

  it('shows the result of a promise, unless the answer has been replaced meanwhile', async () => {
    const mock = createMockConvex()
    let resolveLate!: (tasks: Task[]) => void
    mock.query(api.tasks.list, () => new Promise(resolve => resolveLate = resolve))
    const page = await showTasks(mock)
    expect(page.read()).toBe('pending')
    mock.query(api.tasks.list, [{ text: 'New' }])
    resolveLate([{ text: 'Late' }])
    await mock.settled()
    expect(page.read()).toEqual(['New'])

    mock.query(api.tasks.list, async () => [{ text: 'From a promise' }])
    await mock.settled()
    expect(page.read()).toEqual(['From a promise'])
  })

  it('shows an error that the answer throws, with the data of a ConvexError', async () => {
    const mock = createMockConvex()
    mock.query(api.tasks.list, () => {
      throw new ConvexError({ code: 'FORBIDDEN' })
    })
    mock.query(api.tasks.count, () => Promise.reject(new Error('Out of order')))
    const page = await show(mock, () => {
      const list = useConvexQuery(api.tasks.list)
      const count = useConvexQuery(api.tasks.count)
      return { view: () => [(list.error.value as ConvexError<any>)?.data, count.error.value?.message] }
    })
    expect(page.read()).toEqual([{ code: 'FORBIDDEN' }, expect.stringContaining('Out of order')])
  })

  it('changes all queries of a page in one update', async () => {
    const mock = createMockConvex()
    let count = 1
    mock.query(api.tasks.list, () => Array.from({ length: count }, () => ({ text: '' })))
    mock.query(api.tasks.count, () => count)
    const seen: unknown[] = []
    await show(mock, () => {
      const list = useConvexQuery(api.tasks.list)
      const total = useConvexQuery(api.tasks.count)
      watch([list.data, total.data], ([rows, number]) => seen.push([rows?.length, number]))
      return { view: () => null }
    })
    count = 2
    mock.invalidate()
    await mock.settled()
    expect(seen).toEqual([[1, 1], [2, 2]])
  })

  it('answers each query of useConvexQueries', async () => {
    const mock = createMockConvex()
    mock.query(api.tasks.list, ({ filter }) => [{ text: filter! }])
    const page = await show(mock, () => {
      const lists = useConvexQueries({
        open: { query: api.tasks.list, args: { filter: 'open' } },
        done: { query: api.tasks.list, args: { filter: 'done' } },
      })
      return { view: () => [lists.open.data, lists.done.data].map(rows => rows?.[0]?.text) }
    })
    expect(page.read()).toEqual(['open', 'done'])
  })
})

describe('createMockConvex().paginatedQuery', () => {
  it('divides the rows into pages, which stay live', async () => {
    const mock = createMockConvex()
    const rows = Array.from({ length: 5 }, (_, index) => ({ text: `${index}` }))
    mock.paginatedQuery(api.tasks.page, () => rows)
    const page = await show(mock, () => {
      const { results, status, loadMore } = useConvexPaginatedQuery(api.tasks.page, {}, { initialNumItems: 2 })
      return { view: () => [results.value.map(({ text }) => text).join(''), status.value], exposed: loadMore }
    })
    expect(page.read()).toEqual(['01', 'CanLoadMore'])
    page.exposed(2)
    await mock.settled()
    expect(page.read()).toEqual(['0123', 'CanLoadMore'])
    rows[0]!.text = 'a'
    mock.invalidate()
    page.exposed(2)
    await mock.settled()
    expect(page.read()).toEqual(['a1234', 'Exhausted'])
  })
})

describe('createMockConvex().mutation', () => {
  it('records the calls with their user, and runs the queries again', async () => {
    const mock = createMockConvex({ user: ada })
    const tasks = [{ text: 'Write' }]
    mock.query(api.tasks.list, () => tasks)
    mock.mutation(api.tasks.add, ({ text }) => {
      tasks.push({ text })
      return 'id'
    })
    const page = await show(mock, () => {
      const { data } = useAuthedQuery(api.tasks.list)
      return { view: () => data.value?.map(({ text }) => text), exposed: useConvexMutation(api.tasks.add) }
    })
    expect(await page.exposed.mutate({ text: 'Run' })).toBe('id')
    await mock.settled()
    expect(page.read()).toEqual(['Write', 'Run'])
    expect(mock.calls(api.tasks.add)).toEqual([{ kind: 'mutation', name: 'tasks:add', args: { text: 'Run' }, userId: 'ada' }])
    expect(mock.calls(api.tasks.send)).toEqual([])
  })

  it('shows an optimistic update while the answer is pending, and removes it after an error', async () => {
    const mock = createMockConvex()
    mock.query(api.tasks.list, [])
    let refuse!: (error: Error) => void
    mock.mutation(api.tasks.add, () => new Promise((_, reject) => refuse = reject))
    const page = await show(mock, () => {
      const { data } = useConvexQuery(api.tasks.list)
      const add = useConvexMutation(api.tasks.add, {
        optimisticUpdate: (queries, { text }) => queries.setQuery(api.tasks.list, {}, [{ text }]),
      })
      return { view: () => data.value?.map(({ text }) => text), exposed: add }
    })
    const added = page.exposed.mutate({ text: 'Run' })
    await mock.settled()
    expect(page.read()).toEqual(['Run'])
    refuse(new ConvexError('full'))
    await expect(added).rejects.toMatchObject({ data: 'full' })
    await mock.settled()
    expect(page.read()).toEqual([])
    expect(page.exposed.status.value).toBe('error')
  })
})

describe('createMockConvex().action', () => {
  it('answers and records an action', async () => {
    const mock = createMockConvex()
    mock.action(api.tasks.send, null)
    const page = await show(mock, () => ({ view: () => null, exposed: useConvexAction(api.tasks.send) }))
    expect(await page.exposed.run({ to: 'Grace' })).toBe(null)
    expect(mock.calls(api.tasks.send).map(({ args, userId }) => [args.to, userId])).toEqual([['Grace', null]])
  })
})

describe('createMockConvex().setAuth', () => {
  it.each(['loading', 'authenticating', 'authenticated', 'unauthenticated'] as const)('starts the page with the status %s if the option `status` has this value', async (status) => {
    const mock = createMockConvex({ status })
    const page = await show(mock, () => {
      const auth = useConvexAuth()
      return { view: () => [auth.status.value, auth.user.value?.name ?? null] }
    })
    expect(page.read()[0]).toBe(status)
  })

  it('changes a page from each status to each other status', async () => {
    const mock = createMockConvex({ user: ada })
    mock.query(api.tasks.list, (_, { user }) => [{ text: user!.name }])
    const page = await show(mock, () => {
      const { status } = useConvexAuth()
      const { data } = useAuthedQuery(api.tasks.list)
      return { view: () => [status.value, data.value?.[0]?.text ?? null] }
    })
    expect(page.read()).toEqual(['authenticated', 'Ada'])
    const statuses = ['loading', 'authenticating', 'authenticated', 'unauthenticated'] as const
    for (const from of statuses) {
      for (const to of statuses) {
        mock.setAuth(from)
        await mock.settled()
        mock.setAuth(to)
        await mock.settled()
        expect(page.read(), `from ${from} to ${to}`).toEqual([to, to === 'authenticated' ? 'Ada' : null])
      }
    }
  })

  it('keeps the data of a user whose token is refused', async () => {
    const mock = createMockConvex({ user: ada })
    mock.query(api.tasks.list, [{ text: 'Write' }])
    const page = await show(mock, () => {
      const { status } = useConvexAuth()
      const { data, isStale } = useAuthedQuery(api.tasks.list)
      return { view: () => [status.value, data.value?.length ?? null, isStale.value] }
    })
    mock.setAuth('refreshing')
    await mock.settled()
    expect(page.read()).toEqual(['refreshing', 1, true])
    mock.setAuth('authenticated')
    await mock.settled()
    expect(page.read()).toEqual(['authenticated', 1, false])
  })

  it('switches to another user, and the app can sign out', async () => {
    const mock = createMockConvex({ user: ada })
    mock.query(api.tasks.list, (_, { user }) => [{ text: user!.name }])
    const page = await show(mock, () => {
      const auth = useConvexAuth()
      const { data } = useAuthedQuery(api.tasks.list)
      return { view: () => [auth.user.value?.name, data.value?.[0]?.text], exposed: auth }
    })
    mock.setAuth('authenticated', grace)
    await mock.settled()
    expect(page.read()).toEqual(['Grace', 'Grace'])
    await page.exposed.signOut()
    await mock.settled()
    expect(page.read()).toEqual([null, null])
  })
})

describe('createMockConvex().setConnected', () => {
  it('queues mutations while disconnected, and connects at once', async () => {
    const mock = createMockConvex()
    mock.query(api.tasks.list, [{ text: 'Write' }])
    mock.mutation(api.tasks.add, 'id')
    const page = await show(mock, () => {
      const { data } = useConvexQuery(api.tasks.list)
      const connection = useConvexConnectionState()
      const isOnline = useConvexOnline()
      const add = useConvexMutation(api.tasks.add)
      return { view: () => [connection.value?.isWebSocketConnected, isOnline.value, data.value?.length, add.isQueued.value], exposed: add }
    })
    expect(page.read()).toEqual([true, true, 1, false])
    mock.setConnected(false)
    const added = page.exposed.mutate({ text: 'Run' })
    await mock.settled()
    expect(page.read()).toEqual([false, false, 1, true])
    expect(mock.calls(api.tasks.add)).toEqual([])
    mock.setConnected(true)
    expect(await added).toBe('id')
    await mock.settled()
    expect(page.read()).toEqual([true, true, 1, false])
  })
})

describe('createMockConvex().settled', () => {
  it('rejects if a component uses a function without an answer, and names the missing call', async () => {
    const mock = createMockConvex()
    await expect(showTasks(mock)).rejects.toMatchObject({
      code: 'MOCK_ANSWER_MISSING',
      message: expect.stringContaining('mock.query(api.tasks.list, answer)'),
    })
    // The error is reported once.
    mock.query(api.tasks.list, [])
    await mock.settled()
  })

  it('works with fake timers', async () => {
    vi.useFakeTimers()
    const mock = createMockConvex({ user: ada })
    mock.query(api.tasks.list, [{ text: 'Write' }])
    expect((await showTasks(mock)).read()).toEqual(['Write'])
  })
})

describe('createMockConvex().plugin', () => {
  it('shows the answers in several apps, at once and one after another', async () => {
    const mock = createMockConvex({ user: ada })
    mock.query(api.tasks.list, [{ text: 'Write' }])
    const pages = await Promise.all([showTasks(mock), showTasks(mock)])
    expect(pages.map(page => page.read())).toEqual([['Write'], ['Write']])
    mounted.splice(0).forEach(unmount => unmount())
    expect((await showTasks(mock)).read()).toEqual(['Write'])
  })
})

describe('two mocks on one page', () => {
  it('have users and answers of their own', async () => {
    const pages = await Promise.all([ada, grace].map(async (user) => {
      const mock = createMockConvex({ user })
      mock.query(api.tasks.list, (_, caller) => [{ text: caller.user!.name }])
      return { mock, page: await showTasks(mock) }
    }))
    expect(pages.map(({ page }) => page.read())).toEqual([['Ada'], ['Grace']])
    pages[0]!.mock.setAuth('unauthenticated')
    pages[0]!.mock.query(api.tasks.list, [])
    await Promise.all(pages.map(({ mock }) => mock.settled()))
    expect(pages.map(({ page }) => page.read())).toEqual([[], ['Grace']])
  })
})
