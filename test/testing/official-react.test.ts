// @vitest-environment happy-dom
import type { Deployment } from '../../src/testing/index.ts'
import { Authenticated, AuthLoading, ConvexProvider, ConvexProviderWithAuth, ConvexReactClient, Unauthenticated, useAction, useMutation, usePaginatedQuery, useQuery } from 'convex/react'
import { createElement, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { afterAll, beforeAll, describe, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { api } from '../support/convex/_generated/api.js'
import { eventually } from '../support/environment/eventually.ts'
import { createToken, startFixture } from '../support/live/deployment.ts'

let deployment: Deployment
beforeAll(async () => {
  deployment = await startFixture()
})
afterAll(() => deployment.close())

function openClient(): ConvexReactClient {
  // The `WebSocket` of a simulated page refuses other origins.
  const client = new ConvexReactClient(deployment.url, { webSocketConstructor: WebSocket as never, logger: false, unsavedChangesWarning: false })
  onTestFinished(() => client.close())
  return client
}

/** Renders an element, and returns the page's element that contains it. */
function render(element: unknown): HTMLElement {
  const page = document.body.appendChild(document.createElement('main'))
  const root = createRoot(page)
  root.render(element)
  onTestFinished(() => {
    root.unmount()
    page.remove()
  })
  return page
}

function click(page: HTMLElement, id = ''): void {
  page.querySelector<HTMLButtonElement>(`button${id}`)!.click()
}

describe('useQuery and useMutation', () => {
  /** All that the component has shown, one text after the other. */
  let shown: string[]

  function Messages({ channel }: { channel: string }): any {
    const messages = useQuery(api.messages.list, { channel })
    const send = useMutation(api.messages.send).withOptimisticUpdate((store, args) => {
      const sending = { _id: 'sending', _creationTime: Date.now(), author: null, ...args, body: `${args.body}…` } as never
      store.setQuery(api.messages.list, { channel }, [...store.getQuery(api.messages.list, { channel }) ?? [], sending])
    })
    const text = messages?.map(({ body }) => body).join() ?? 'loading'
    if (shown.at(-1) !== text)
      shown.push(text)
    return createElement('p', null, text, createElement('button', { onClick: () => void send({ channel, body: 'hello' }) }))
  }

  function renderMessages(channel: string): HTMLElement {
    shown = []
    return render(createElement(ConvexProvider, { client: openClient() }, createElement(Messages, { channel })))
  }

  it('show results, optimistic updates and the changes of other users', async () => {
    const page = renderMessages('react')
    await eventually(() => shown).toEqual(['loading', ''])
    click(page)
    await eventually(() => shown).toEqual(['loading', '', 'hello…', 'hello'])
    await deployment.mutation(api.messages.send, { channel: 'react', body: 'from elsewhere' })
    await eventually(() => page.textContent).toBe('hello,from elsewhere')
  })

  it('continue after the socket was dropped', async () => {
    const page = renderMessages('dropped')
    await eventually(() => page.textContent).toBe('')
    await deployment.disconnectAll()
    await deployment.mutation(api.messages.send, { channel: 'dropped', body: 'meanwhile' })
    await eventually(() => page.textContent).toBe('meanwhile')
    click(page)
    await eventually(() => page.textContent).toBe('meanwhile,hello')
  })
})

describe('useAction', () => {
  it('returns the result of an action', async () => {
    function Relay(): any {
      const relay = useAction(api.jobs.relay)
      const [text, setText] = useState('idle')
      const run = async (): Promise<void> => setText(JSON.stringify(await relay({ channel: 'action', body: 'x' })))
      return createElement('p', null, text, createElement('button', { onClick: () => void run() }))
    }
    const page = render(createElement(ConvexProvider, { client: openClient() }, createElement(Relay)))
    await eventually(() => page.textContent).toBe('idle')
    click(page)
    await eventually(() => page.textContent).toBe('{"before":0,"subject":null}')
  })
})

describe('usePaginatedQuery', () => {
  it('loads page after page, and keeps them live', async () => {
    const list = 'react pages'
    await deployment.mutation(api.items.change, { list, insert: [1, 2, 3, 4, 5] })
    function Items(): any {
      const { results, status, loadMore } = usePaginatedQuery(api.items.page, { list }, { initialNumItems: 2 })
      return createElement('p', null, `${status}: ${results.map(({ rank }) => rank).join()}`, createElement('button', { onClick: () => loadMore(2) }))
    }
    const page = render(createElement(ConvexProvider, { client: openClient() }, createElement(Items)))
    await eventually(() => page.textContent).toBe('CanLoadMore: 1,2')
    click(page)
    await eventually(() => page.textContent).toBe('CanLoadMore: 1,2,3,4')
    await deployment.mutation(api.items.change, { list, insert: [2.5] })
    await eventually(() => page.textContent).toBe('CanLoadMore: 1,2,2.5,3,4')
    click(page)
    await eventually(() => page.textContent).toBe('Exhausted: 1,2,2.5,3,4,5')
  })
})

describe('a ConvexProviderWithAuth', () => {
  it('runs the queries of its components as the user, until the user signs out', async () => {
    const fetchAccessToken = (): Promise<string> => createToken('ada', { claims: { name: 'Ada' } })
    let signOut = (): void => {}
    function useAuth(): { isLoading: boolean, isAuthenticated: boolean, fetchAccessToken: typeof fetchAccessToken } {
      const [isAuthenticated, setIsAuthenticated] = useState(true)
      signOut = () => setIsAuthenticated(false)
      return { isLoading: false, isAuthenticated, fetchAccessToken }
    }
    function Tasks(): any {
      const me = useQuery(api.users.whoami)
      const tasks = useQuery(api.tasks.list)
      const add = useMutation(api.tasks.add)
      return createElement('p', null, `${me?.name}: ${tasks?.map(({ text }) => text).join()}`, createElement('button', { onClick: () => void add({ text: 'a task' }) }))
    }
    const page = render(createElement(
      ConvexProviderWithAuth as never,
      { client: openClient(), useAuth },
      createElement(AuthLoading, null, 'loading'),
      createElement(Unauthenticated, null, 'signed out'),
      createElement(Authenticated, null, createElement(Tasks)),
    ))
    await eventually(() => page.textContent).toBe('Ada: ')
    click(page)
    await eventually(() => page.textContent).toBe('Ada: a task')
    await deployment.disconnectAll()
    await deployment.mutation(api.tasks.add, { text: 'another' }, { identity: { subject: 'ada' } })
    await eventually(() => page.textContent).toBe('Ada: a task,another')
    signOut()
    await eventually(() => page.textContent).toBe('signed out')
  })
})
