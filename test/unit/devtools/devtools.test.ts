import type { ScriptedPageOptions } from '../../support/scripted/scripted-page.ts'
import { useAuthedQuery, useConvexMutation, useConvexPaginatedQuery, useConvexQuery, useConvexUpload } from 'convue'
import { describe, expect, it, vi } from 'vitest'
import { shallowRef } from 'vue'
import { fakeToken } from '../../support/scripted/fake-token.ts'
import { openPage, page } from '../../support/scripted/identity-page.ts'
import { identityApi as api } from '../../support/scripted/identity.ts'
import { installDevtools, ScriptedDevtools } from '../../support/scripted/scripted-devtools.ts'
import { listApi, ScriptedList } from '../../support/scripted/scripted-list.ts'
import { signedIn } from '../../support/scripted/scripted-source.ts'
import { stubXhr } from '../../support/scripted/scripted-xhr.ts'

const connections = vi.hoisted(() => [] as Parameters<ScriptedDevtools['connect']>[])

vi.mock('@vue/devtools-api', () => ({
  setupDevToolsPlugin: (...connection: Parameters<ScriptedDevtools['connect']>) => connections.push(connection),
}))

/** A page in a browser with Vue DevTools, which are open. */
async function openWithDevtools(options?: ScriptedPageOptions): Promise<ScriptedDevtools> {
  connections.length = 0
  installDevtools()
  openPage(options)
  void page.app
  await vi.dynamicImportSettled()
  const devtools = new ScriptedDevtools()
  devtools.connect(...connections[0]!)
  return devtools
}

function idOf(devtools: ScriptedDevtools, group: string, name: string): string {
  return devtools.tree().find(({ id }) => id === group)!.children!.find(({ label }) => label.startsWith(name))!.id
}

describe('Vue DevTools', () => {
  it('are not loaded in a browser that does not have them', async () => {
    connections.length = 0
    openPage()
    void page.app
    await vi.dynamicImportSettled()
    expect(connections).toEqual([])
  })

  it('give the data viewer the same inspector, until the app is unmounted', async () => {
    // The apps of other tests are never mounted, and so never unmounted.
    Reflect.deleteProperty(globalThis, '__CONVUE_INSPECTOR__')
    const devtools = await openWithDevtools({ user: 'ada' })
    page.app.mount(document.createElement('div'))
    page.run(() => useConvexQuery(api.tasks, { of: 'a' }))
    await page.tick()
    const inspector = (globalThis as any).__CONVUE_INSPECTOR__
    expect(inspector.tree()).toEqual(devtools.tree())
    const id = idOf(devtools, 'queries', 'tasks:list')
    expect(inspector.details(id).Query).toContainEqual({ key: 'function', value: 'tasks:list' })
    expect(inspector.events()).toContainEqual(expect.objectContaining({ layer: 'Convex transitions', title: expect.stringContaining('tasks:list') }))
    const times = inspector.events().map(({ at }: { at: number }) => at)
    expect(times).toEqual(times.toSorted((one: number, other: number) => other - one))

    expect(inspector.buttons('auth')).toEqual([])
    const [refresh] = inspector.buttons(id)
    expect(refresh.title).toBe('Invalidate the query: fetch it again')
    page.takeFrames()
    refresh.click()
    await page.tick()
    expect(page.takeFrames().join()).toContain('tasks:list')
    const info = vi.spyOn(console, 'info').mockImplementation(() => {})
    expect(inspector.message()).toBe('')
    inspector.buttons().find(({ label }: { label: string }) => label === 'Slow down').click()
    expect(inspector.message()).toBe('Messages of the deployment arrive 500 ms later.')
    expect(info).toHaveBeenCalledWith(`[convue] ${inspector.message()}`)
    page.app.unmount()
    expect(globalThis).not.toHaveProperty('__CONVUE_INSPECTOR__')
  })

  describe('auth', () => {
    it('shows the state diagram with the current state, and the age and renewal of the token', async () => {
      const devtools = await openWithDevtools({ user: 'ada' })
      page.run(() => useAuthedQuery(api.whoami, {}))
      await page.tick()
      expect(devtools.rows('auth')).toEqual([
        'loading []',
        'unauthenticated []',
        'authenticating []',
        'authenticated [current state]',
        'refreshing []',
      ])
      expect(devtools.fields('auth:refreshing')).toMatchObject({ 'is current': false, 'authenticated': 'authenticated' })
      await page.tick(60_000)
      expect(devtools.fields('auth')).toMatchObject({ 'status': 'authenticated', 'id': 'ada', 'age': '60 s', 'lifetime': '900 s', 'next renewal in': '750 s' })
    })

    it('counts the age that a token already had when it arrived', async () => {
      const devtools = await openWithDevtools({ user: 'silent' })
      page.source.answer = () => ({ kind: 'token', token: fakeToken('ada'), ageMs: 300_000 })
      page.source.report(signedIn('ada'))
      page.run(() => useAuthedQuery(api.whoami, {}))
      await page.tick()
      expect(devtools.fields('auth')).toMatchObject({ 'age': '300 s', 'lifetime': '900 s', 'next renewal in': '510 s' })
      const { length } = page.source.requests
      await page.tick(509_000)
      expect(page.source.requests).toHaveLength(length)
      await page.tick(1000)
      expect(page.source.requests).toHaveLength(length + 1)
    })

    it('shows the events since the start of the page on the timeline, and never a token', async () => {
      const devtools = await openWithDevtools({ user: 'ada' })
      page.run(() => useAuthedQuery(api.whoami, {}))
      await page.tick()
      await page.convex.auth.signOut()
      await page.tick()
      expect(devtools.eventsOf('auth')).toEqual(expect.arrayContaining([
        'auth: token: loading → authenticating',
        'auth: authenticated: authenticating → authenticated',
        'auth: signedOut: authenticated → unauthenticated',
      ]))
      const shown = JSON.stringify([devtools.events, devtools.tree(), devtools.fields('auth')])
      expect(shown).not.toMatch(/eyJ/)
    })
  })

  describe('queries', () => {
    it('shows the arguments, the subscribers, the size, and the cause of the last change', async () => {
      const devtools = await openWithDevtools({ user: 'ada' })
      page.deployment.functions.set('tasks:list', () => ['Water the ferns'])
      page.run(() => useConvexQuery(api.tasks, { of: 'a' }))
      const second = page.run(() => useConvexQuery(api.tasks, { of: 'a' }, { lingerMs: 5000 }))
      await page.tick()
      expect(devtools.rows('queries')).toEqual(['tasks:list {"of":"a"} [success]'])
      const id = idOf(devtools, 'queries', 'tasks:list')
      expect(devtools.fields(id)).toMatchObject({
        'function': 'tasks:list',
        'args': { of: 'a' },
        'auth mode': 'optional',
        'status': 'success',
        'data': ['Water the ferns'],
        'size': '19 bytes',
        'subscribers': 2,
        'caused by': 'the deployment',
      })
      second.stop()
      expect(devtools.fields(id)).toMatchObject({ subscribers: 1 })
    })

    it('shows arguments that JSON cannot represent', async () => {
      const devtools = await openWithDevtools()
      page.run(() => useConvexQuery(api.tasks as any, { of: 5n }))
      await page.tick()
      expect(devtools.rows('queries')).toEqual(['tasks:list {"of":{"$integer":"BQAAAAAAAAA="}} [success]'])
    })

    it('shows how long an unused query lingers', async () => {
      const devtools = await openWithDevtools()
      const { stop } = page.run(() => useConvexQuery(api.tasks, {}, { lingerMs: 8000 }))
      await page.tick()
      stop()
      await page.tick(3000)
      expect(devtools.rows('queries')).toEqual(['tasks:list {} [success, lingers]'])
      expect(devtools.fields(idOf(devtools, 'queries', 'tasks:list'))).toMatchObject({ 'subscribers': 0, 'lingers for': '5 s' })
    })

    it('shows why a query is paused', async () => {
      const devtools = await openWithDevtools()
      page.run(() => useConvexQuery(api.tasks, 'skip'))
      page.run(() => useAuthedQuery(api.whoami, {}))
      await page.tick()
      expect(devtools.rows('queries')).toEqual(expect.arrayContaining(['tasks:list [paused, args]', 'users:whoami [paused, auth]']))
    })

    it('shows why a query does not run', async () => {
      const devtools = await openWithDevtools({ user: 'silent' })
      const reason = (): unknown => devtools.fields(idOf(devtools, 'queries', 'users:whoami {'))['why it does not run']
      page.run(() => useAuthedQuery(api.whoami, {}))
      await page.tick()
      expect(reason()).toBe('It waits until the identity is known, or until the first token of the user arrives.')
      page.source.signIn('ada')
      await page.tick()
      expect(reason()).toBe(undefined)
      page.source.report({ status: 'signedOut' })
      await page.tick()
      expect(reason()).toBe('It requires a user, and the page is signed out.')
    })

    it('labels a query that is paused because the plugin is closed', async () => {
      const devtools = await openWithDevtools()
      page.run(() => useConvexQuery(api.tasks, {}))
      await page.tick()
      await Promise.all([page.convex.close(), page.tick()])
      expect(devtools.rows('queries')).toEqual(['tasks:list [paused, closed]'])
    })

    it('attributes a change to the optimistic update that caused it', async () => {
      const devtools = await openWithDevtools()
      page.deployment.functions.set('tasks:list', () => ['Water the ferns'])
      page.run(() => useConvexQuery(api.tasks, {}))
      const { result } = page.run(() => useConvexMutation(api.add, {
        optimisticUpdate: (store, { text }) => store.setQuery(api.tasks, {}, [...store.getQuery(api.tasks, {})!, text] as any),
      }))
      await page.tick()
      result.mutate({ text: 'Feed the cat' }).catch(() => {})
      expect(devtools.fields(idOf(devtools, 'queries', 'tasks:list'))).toMatchObject({
        'caused by': 'the optimistic update of tasks:add',
        'data': ['Water the ferns', 'Feed the cat'],
      })
      expect(devtools.rows('calls')).toEqual(['tasks:add [sent, mutation, optimistic]'])
    })

    it('attributes a change to the mutation of this page that caused it', async () => {
      const devtools = await openWithDevtools()
      const tasks = ['Water the ferns']
      page.deployment.functions.set('tasks:list', () => [...tasks])
      page.deployment.functions.set('tasks:add', ({ text }) => tasks.push(text))
      page.run(() => useConvexQuery(api.tasks, {}))
      const { result } = page.run(() => useConvexMutation(api.add))
      await page.tick()
      await Promise.all([result.mutate({ text: 'Feed the cat' }), page.tick()])
      expect(devtools.fields(idOf(devtools, 'queries', 'tasks:list'))).toMatchObject({ 'caused by': 'tasks:add of this page', 'data': ['Water the ferns', 'Feed the cat'] })
    })

    it('shows each transition with its queries on the timeline', async () => {
      const devtools = await openWithDevtools()
      page.run(() => useConvexQuery(api.tasks, { of: 'a' }))
      page.run(() => useConvexQuery(api.tasks, { of: 'b' }))
      await page.tick()
      expect(devtools.eventsOf('transitions')).toEqual([expect.stringMatching(/^2 queries: transition, [\d.]+ ms$/)])
      expect(devtools.events.find(({ layerId }) => layerId === 'convue:transitions')!.event.data.queries.toSorted())
        .toEqual(['tasks:list {"of":"a"}', 'tasks:list {"of":"b"}'])
    })

    it('fetches a query again when the developer invalidates it', async () => {
      const devtools = await openWithDevtools()
      page.run(() => useConvexQuery(api.tasks, {}))
      await page.tick()
      const { length } = page.deployment.executions
      await Promise.all([devtools.press('Invalidate', idOf(devtools, 'queries', 'tasks:list')), page.tick()])
      expect(page.deployment.executions.slice(length)).toMatchObject([{ name: 'tasks:list' }])
    })
  })

  describe('lists', () => {
    it('shows the pages of a list', async () => {
      const devtools = await openWithDevtools()
      new ScriptedList(page.deployment).fill('a', 5)
      const { result } = page.run(() => useConvexPaginatedQuery(listApi.page, { of: 'a' }, { initialNumItems: 2 }))
      await page.tick()
      result.loadMore(2)
      await page.tick()
      expect(devtools.rows('lists')).toEqual([expect.stringMatching(/ \[CanLoadMore, 4\]$/)])
      const { pages } = devtools.fields(devtools.tree().find(({ id }) => id === 'lists')!.children![0]!.id)
      expect(pages).toMatchObject([{ numItems: 2, cursor: null, rows: 2 }, { numItems: 2, rows: 2 }])
    })

    it('shows the size of all pages, and the cause of the last change of one of them', async () => {
      const devtools = await openWithDevtools()
      new ScriptedList(page.deployment).fill('a', 3)
      const { result } = page.run(() => useConvexPaginatedQuery(listApi.page, { of: 'a' }, { initialNumItems: 2 }))
      const { result: add } = page.run(() => useConvexMutation(listApi.add))
      const fieldsOf = (group: string, name: string): Record<string, any> => devtools.fields(idOf(devtools, group, name))
      await page.tick()
      const { size } = fieldsOf('queries', 'rows:page')
      expect(fieldsOf('lists', 'rows:page')).toMatchObject({ size, 'at': expect.any(String), 'caused by': 'the deployment', 'changes': 1 })

      result.loadMore(2)
      await page.tick()
      expect(Number.parseInt(fieldsOf('lists', 'rows:page').size)).toBeGreaterThan(Number.parseInt(size))
      await Promise.all([add.mutate({ of: 'a', rank: 3 }), page.tick()])
      expect(fieldsOf('lists', 'rows:page')).toMatchObject({ 'caused by': 'rows:add of this page', 'changes': 3 })
    })

    it('shows neither a size nor a change of a paused list', async () => {
      const devtools = await openWithDevtools()
      page.run(() => useConvexPaginatedQuery(listApi.page, 'skip', { initialNumItems: 2 }))
      await page.tick()
      const fields = devtools.fields(idOf(devtools, 'lists', 'rows:page'))
      expect(Object.keys(fields)).toEqual(['name', 'used by', 'auth mode', 'status', 'paused by', 'rows', 'pages'])
    })

    it('shows the arguments of lists of one function', async () => {
      const devtools = await openWithDevtools()
      const lists = new ScriptedList(page.deployment)
      lists.fill('a', 5)
      lists.fill('b', 1)
      page.run(() => useConvexPaginatedQuery(listApi.page, { of: 'a' }, { initialNumItems: 2 }))
      page.run(() => useConvexPaginatedQuery(listApi.page, { of: 'b' }, { initialNumItems: 2 }))
      page.run(() => useConvexPaginatedQuery(listApi.page, 'skip', { initialNumItems: 2 }))
      await page.tick()
      expect(devtools.rows('lists')).toEqual([
        'rows:page {"of":"a"} [CanLoadMore, 2]',
        'rows:page {"of":"b"} [Exhausted, 1]',
        'rows:page [Paused, 0]',
      ])
      expect(devtools.fields(idOf(devtools, 'lists', 'rows:page {"of":"b"}'))).toMatchObject({ name: 'rows:page', args: { of: 'b' } })
    })
  })

  describe('calls', () => {
    it('shows when a call was queued, sent and settled, and its error', async () => {
      const devtools = await openWithDevtools()
      page.deployment.isReachable = false
      page.deployment.functions.set('tasks:add', () => {
        throw new Error('Too long')
      })
      const { result } = page.run(() => useConvexMutation(api.add))
      const rejected = expect(result.mutate({ text: 'Feed the cat' })).rejects.toThrow('Too long')
      await page.tick()
      expect(devtools.rows('calls')).toEqual(['tasks:add [queued, mutation]'])
      page.deployment.isReachable = true
      await page.tick(60_000)
      await rejected
      expect(devtools.rows('calls')).toEqual(['tasks:add [error, mutation]'])
      expect(devtools.eventsOf('calls')).toEqual(['tasks:add: queued', 'tasks:add: sent', 'tasks:add: settled: error'])
      expect(devtools.fields(idOf(devtools, 'calls', 'tasks:add')).args).toEqual({ text: 'Feed the cat' })
    })

    it('shows uploads and their states', async () => {
      const devtools = await openWithDevtools()
      page.deployment.isReachable = false
      const { result } = page.run(() => useConvexUpload(api.add as any))
      result.upload(new File(['abc'], 'fern.txt')).catch(() => {})
      expect(devtools.rows('uploads')).toEqual(['tasks:add [pending, 1]'])
      const { uploads } = devtools.fields(idOf(devtools, 'uploads', 'tasks:add'))
      expect(uploads).toMatchObject([{ file: 'fern.txt', size: 3, status: 'queued' }])
    })
  })

  describe('uploads', () => {
    it('shows the progress of a file that is being sent, and the error of a file', async () => {
      const devtools = await openWithDevtools()
      const network = stubXhr()
      page.deployment.functions.set('tasks:add', () => 'https://storage.example')
      const { result } = page.run(() => useConvexUpload(api.add as any, { maxSize: 10 }))
      result.upload([new File(['abcd'], 'fern.txt'), new File(['x'.repeat(11)], 'moss.txt')]).catch(() => {})
      await page.tick()
      network.sent[0]!.progress(1)
      expect(devtools.rows('uploads')).toEqual(['tasks:add [pending, 2]'])
      expect(devtools.fields(idOf(devtools, 'uploads', 'tasks:add')).uploads).toMatchObject([
        { file: 'fern.txt', size: 4, status: 'sending', progress: 0.25 },
        { file: 'moss.txt', size: 11, status: 'error', error: expect.stringContaining('11 bytes') },
      ])
      network.sent[0]!.fail()
    })
  })

  describe('connections', () => {
    it('shows a row for each client, and disconnects one', async () => {
      const devtools = await openWithDevtools({ user: 'ada' })
      page.run(() => useAuthedQuery(api.whoami, {}))
      page.run(() => useConvexQuery(api.tasks, {}, { auth: 'public' }))
      await page.tick()
      expect(devtools.rows('connections')).toEqual([
        expect.stringMatching(/^user \d+ \[connected\]$/),
        expect.stringMatching(/^anonymous \d+ \[connected\]$/),
      ])
      await devtools.press('Disconnect this client', idOf(devtools, 'connections', 'user'))
      await page.tick(0)
      expect(devtools.rows('connections')[0]).toContain('disconnected')
      await page.tick(60_000)
      expect(devtools.rows('connections')[0]).toContain('[connected]')
      expect(devtools.eventsOf('sockets').filter(event => event.startsWith('socket of user')).map(event => event.split(': ')[1]))
        .toEqual(expect.arrayContaining(['opened', 'connected', 'disconnected', 'connected']))
    })
  })

  describe('actions', () => {
    it('expires the token: the state is refreshing until another token has arrived', async () => {
      const devtools = await openWithDevtools({ user: 'ada' })
      const { result } = page.run(() => useAuthedQuery(api.whoami, {}))
      await page.tick()
      const { length } = page.source.requests
      await devtools.press('Expire the token')
      expect(page.convex.auth.status.value).toBe('refreshing')
      expect(result.data.value).toBe('ada')
      await page.tick(1000)
      expect(page.convex.auth.status.value).toBe('authenticated')
      expect(page.source.requests).toHaveLength(length + 1)
    })

    it('slows down the messages of the deployment, in their order', async () => {
      const devtools = await openWithDevtools()
      const of = shallowRef('a')
      const { result } = page.run(() => useConvexQuery(api.tasks, () => ({ of: of.value })))
      await page.tick()
      vi.spyOn(console, 'info').mockImplementation(() => {})
      await devtools.press('Slow down')
      of.value = 'b'
      await page.tick(400)
      expect(result.isPending.value).toBe(true)
      await page.tick(200)
      expect(result.isPending.value).toBe(false)
    })

    it('slows down a socket whose class has no readyState', async () => {
      const devtools = await openWithDevtools()
      const of = shallowRef('a')
      const { result } = page.run(() => useConvexQuery(api.tasks, () => ({ of: of.value })))
      await page.tick()
      vi.spyOn(console, 'info').mockImplementation(() => {})
      await devtools.press('Slow down')
      of.value = 'b'
      await page.tick(400)
      const [socket] = page.deployment.liveSockets
      Object.assign(socket!, { readyState: undefined })
      await page.tick(200)
      Object.assign(socket!, { readyState: WebSocket.OPEN })
      expect(result.isPending.value).toBe(false)
    })

    it('does not deliver slowed messages of a socket that has closed', async () => {
      const devtools = await openWithDevtools()
      const of = shallowRef('a')
      const { result } = page.run(() => useConvexQuery(api.tasks, () => ({ of: of.value })))
      await page.tick()
      vi.spyOn(console, 'info').mockImplementation(() => {})
      await devtools.press('Slow down')
      of.value = 'b'
      await page.tick(400)
      page.deployment.isReachable = false
      await devtools.press('Disconnect all sockets')
      await page.tick(400)
      expect(result.isPending.value).toBe(true)
    })

    it('names the node that a button needs, if another node is selected', async () => {
      const devtools = await openWithDevtools({ user: 'ada' })
      page.run(() => useAuthedQuery(api.whoami, {}))
      await page.tick()
      const info = vi.spyOn(console, 'info').mockImplementation(() => {})
      await devtools.press('Invalidate the query', 'auth')
      expect(info).toHaveBeenLastCalledWith('[convue] Select a query, which this button then fetches again.')
      await devtools.press('Disconnect this client', 'auth')
      expect(info).toHaveBeenLastCalledWith('[convue] Select a connection, which this button then closes.')
      await page.tick(0)
      expect(devtools.rows('connections')[0]).toContain('[connected]')
    })

    it('signs out', async () => {
      const devtools = await openWithDevtools({ user: 'ada' })
      page.run(() => useAuthedQuery(api.whoami, {}))
      await page.tick()
      await devtools.press('Sign out')
      expect(page.convex.auth.status.value).toBe('unauthenticated')
    })
  })

  it('filters the tree by names and tags, with the nodes above them', async () => {
    const devtools = await openWithDevtools({ user: 'ada' })
    page.run(() => useAuthedQuery(api.whoami, {}))
    page.run(() => useConvexQuery(api.tasks, {}))
    page.run(() => useConvexQuery(api.tasks, 'skip'))
    await page.tick()
    const found = (filter: string): string[] => devtools.tree(filter).flatMap(({ id, children = [] }) => children.map(({ label }) => `${id}: ${label}`))
    expect(found('WHOAMI')).toEqual(['queries: users:whoami {}'])
    expect(found('paused')).toEqual(['queries: tasks:list'])
    expect(found('current state')).toEqual(['auth: authenticated'])
    expect(devtools.tree('calls')).toMatchObject([{ id: 'calls' }])
    expect(devtools.tree('nothing has this name')).toEqual([])
  })

  it('updates the inspector at most once in a tenth of a second', async () => {
    const devtools = await openWithDevtools()
    for (const of of ['a', 'b', 'c'])
      page.run(() => useConvexQuery(api.tasks, { of }))
    await page.tick(99)
    expect(devtools.updates).toBe(0)
    await page.tick(1)
    expect(devtools.updates).toBe(1)
  })
})
