import type { ScriptedTab } from '../support/scripted/shared-worker.ts'
import process from 'node:process'
import { ConvexClient } from 'convex/browser'
import { anyApi } from 'convex/server'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeToken } from '../support/scripted/fake-token.ts'
import { ScriptedDeployment } from '../support/scripted/scripted-deployment.ts'
import { ScriptedTabs } from '../support/scripted/shared-worker.ts'

const api = anyApi as any
const RUNS = Number(process.env.MODEL_RUNS ?? 60)
const TABS = 4
const USERS = ['ada', 'bob', null] as const

type User = typeof USERS[number]

const QUERIES: { reference: unknown, name: string, args: Record<string, any> }[] = [
  { reference: api.total.get, name: 'total:get', args: {} },
  { reference: api.total.twice, name: 'total:twice', args: {} },
  { reference: api.mine.get, name: 'mine:get', args: {} },
  { reference: api.list.get, name: 'list:get', args: { of: 1, and: [2n] } },
  { reference: api.list.get, name: 'list:get', args: { and: [3n], of: 2 } },
]

const command = fc.record({
  kind: fc.constantFrom(
    'subscribe',
    'subscribe',
    'subscribe',
    'unsubscribe',
    'rerun',
    'mutate',
    'mutate',
    'mutateOptimistically',
    'mutateOptimistically',
    'act',
    'write',
    'wait',
    'wait',
    'wait',
    'wait',
    'hold',
    'flush',
    'kill',
    'close',
    'hide',
    'drop',
    'refuse',
    'renew',
    'killWorker',
    'show',
    'cut',
  ),
  tab: fc.nat(TABS - 1),
  query: fc.nat(QUERIES.length - 1),
  user: fc.constantFrom(...USERS),
})

/** A deployment, and the tabs of a browser that share their connections to it. */
class Run {
  readonly deployment = new ScriptedDeployment()
  readonly browser = new ScriptedTabs(this.deployment.clientOptions.webSocketConstructor)
  readonly problems: string[] = []
  readonly tabs: Tab[] = []
  total = 0
  readonly mine = new Map<string | null, number>()
  /** How often each mutation has been executed. */
  readonly executions = new Map<number, number>()
  #mutations = 0

  constructor() {
    const { functions } = this.deployment
    this.deployment.isCoalescing = true
    // Without pings, all connections would time out and reconnect, although nothing is wrong.
    this.deployment.isPinging = true
    functions.set('total:get', () => this.total)
    functions.set('total:twice', () => this.total * 2)
    functions.set('mine:get', (_, subject) => ({ subject, value: this.mine.get(subject) ?? 0 }))
    functions.set('list:get', ({ of }) => [of, this.total])
    functions.set('total:add', ({ id }, subject) => {
      this.executions.set(id, (this.executions.get(id) ?? 0) + 1)
      this.total++
      this.mine.set(subject, (this.mine.get(subject) ?? 0) + 1)
      return id
    })
    functions.set('mail:send', (_, subject) => subject)
  }

  nextMutation(): number {
    return this.#mutations++
  }

  async execute({ kind, tab: index, query, user }: typeof command extends fc.Arbitrary<infer Command> ? Command : never): Promise<void> {
    const tab = this.tabs[index]!
    switch (kind) {
      case 'subscribe':
        return tab.subscribe(query)
      case 'unsubscribe':
        return tab.unsubscribe(query)
      case 'rerun':
        tab.unsubscribe(query)
        return tab.subscribe(query)
      case 'mutate':
      case 'mutateOptimistically':
        return tab.mutate(kind === 'mutateOptimistically')
      case 'act':
        return tab.act()
      case 'write':
        this.total++
        return this.deployment.invalidate()
      case 'wait':
        return void await vi.advanceTimersByTimeAsync(20)
      case 'hold':
        this.deployment.isHolding = true
        return
      case 'flush':
        return this.deployment.flush()
      case 'kill':
        tab.end(true)
        this.tabs[index] = new Tab(this, user)
        return
      case 'close':
        tab.end(false)
        this.tabs[index] = new Tab(this, user)
        return
      case 'hide':
        return tab.page.hide(true)
      case 'drop':
        return this.deployment.drop()
      case 'refuse':
        return this.deployment.liveSockets.filter(({ subject }) => subject === user && user).forEach(socket => socket.refuse())
      case 'renew':
        return tab.renew()
      case 'show':
        return tab.page.report('shown')
      case 'cut':
        return this.deployment.cut()
      case 'killWorker':
        await vi.advanceTimersByTimeAsync(20)
        return this.browser.killWorker()
    }
  }

  /** Lets everything settle, and compares each tab with what sockets of its own would show. */
  async check(): Promise<void> {
    this.deployment.flush()
    for (const { page } of this.tabs)
      page.report('online')
    // A client that does not share its socket replaces it when it was silent for a minute.
    await vi.advanceTimersByTimeAsync(100_000)
    for (const tab of this.tabs)
      tab.check()
    // A tab whose worker has ended before it has answered uses its own socket.
    if (this.tabs.every(({ page }) => page.problems.length === 0))
      this.#checkSockets()
    // A tab whose worker has ended before it has answered uses its own socket.
    if (this.tabs.every(({ page }) => page.problems.length === 0))
      expect([...this.executions.values()].filter(count => count > 1)).toEqual([])
    expect(this.problems).toEqual([])
  }

  /** Each identity has one socket, and each query is on it once. */
  #checkSockets(): void {
    const identities = new Set(this.tabs.map(({ user }) => user))
    expect(this.deployment.liveSockets.map(({ subject }) => subject).sort()).toEqual([...identities].sort())
    for (const socket of this.deployment.liveSockets) {
      const used = this.tabs.filter(({ user }) => user === socket.subject).flatMap(({ subscribed }) => [...subscribed.keys()])
      expect(socket.queries.size).toBe(new Set(used).size)
    }
  }
}

/** A tab with the real Convex client. */
class Tab {
  readonly user: User
  readonly page: ScriptedTab
  readonly subscribed = new Map<number, () => void>()
  readonly #run: Run
  readonly #client: ConvexClient
  readonly #unanswered = new Set<number>()
  #tokens = 0
  #isEnded = false

  constructor(run: Run, user: User) {
    this.#run = run
    this.user = user
    this.page = run.browser.open()
    this.#client = new ConvexClient(run.deployment.url, {
      webSocketConstructor: this.page.WebSocket,
      logger: false,
      unsavedChangesWarning: false,
      initialAuthTokenReuse: true,
    })
    if (user)
      this.renew()
    this.#client.client.addOnTransitionHandler(() => this.#checkTransition())
  }

  /** Authenticates with another token of the same session. */
  renew(): void {
    if (this.user)
      this.#client.setAuth(async () => fakeToken(this.user!, { claims: { serial: 0, jti: `${this.#tokens++}` } }))
  }

  subscribe(index: number): void {
    const { name, args } = QUERIES[index]!
    if (!this.subscribed.has(index))
      this.subscribed.set(index, this.#client.client.subscribe(name, args).unsubscribe)
  }

  unsubscribe(index: number): void {
    this.subscribed.get(index)?.()
    this.subscribed.delete(index)
  }

  mutate(isOptimistic: boolean): void {
    const id = this.#run.nextMutation()
    this.#unanswered.add(id)
    const optimisticUpdate = (store: any): void => {
      const total = store.getQuery(api.total.get, {})
      const twice = store.getQuery(api.total.twice, {})
      if (total !== undefined)
        store.setQuery(api.total.get, {}, total + 1000)
      if (twice !== undefined)
        store.setQuery(api.total.twice, {}, twice + 2000)
    }
    void this.#client.mutation(api.total.add, { id }, isOptimistic ? { optimisticUpdate } : {}).then((result) => {
      this.#unanswered.delete(id)
      if (result !== id)
        this.#run.problems.push(`mutation ${id} has the result of ${result}`)
    })
  }

  act(): void {
    void this.#client.action(api.mail.send, {}).then((subject) => {
      if (subject !== this.user)
        this.#run.problems.push(`${this.user} has the result of an action of ${subject}`)
    }).catch(() => {})
  }

  end(isCrash: boolean): void {
    this.#isEnded = true
    if (isCrash)
      this.page.kill()
    void this.#client.close()
  }

  check(): void {
    const subject = this.user
    for (const index of this.subscribed.keys()) {
      const { name, args } = QUERIES[index]!
      expect(this.#valueOf(index)).toEqual(this.#run.deployment.functions.get(name)!(args, subject))
    }
    expect([...this.#unanswered]).toEqual([])
  }

  #valueOf(index: number): any {
    const { name, args } = QUERIES[index]!
    return this.#client.client.localQueryResult(name, args)
  }

  #checkTransition(): void {
    const { problems } = this.#run
    if (this.#isEnded)
      return
    const [total, twice, mine] = [0, 1, 2].map(index => this.subscribed.has(index) ? this.#valueOf(index) : undefined)
    if (total !== undefined && twice !== undefined && twice !== total * 2)
      problems.push(`a transition shows ${total} and ${twice}`)
    if (mine !== undefined && mine.subject !== this.user)
      problems.push(`${this.user} sees the data of ${mine.subject}`)
  }
}

describe('sharedTabs', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  // `npm run test:soak` runs many sequences.
  it('shows the same in each tab as with separate sockets, in any order of events', { timeout: 24 * 3600_000 }, async () => {
    await fc.assert(fc.asyncProperty(
      fc.array(fc.constantFrom(...USERS), { minLength: TABS, maxLength: TABS }),
      fc.array(command, { minLength: 5, maxLength: 40 }),
      async (users, commands) => {
        const run = new Run()
        run.tabs.push(...users.map(user => new Tab(run, user)))
        await vi.advanceTimersByTimeAsync(20)
        for (const next of commands)
          await run.execute(next)
        await run.check()
        run.tabs.forEach(tab => tab.end(false))
        await vi.advanceTimersByTimeAsync(60_000)
        vi.clearAllTimers()
      },
    ), { numRuns: RUNS })
  })
})
