import type { ConvexPlugin } from 'convue'
import type { Deployment } from '../../src/testing/index.ts'
import type { Boot, Command, Reaction, StorageMode, TokenMode, User } from '../model/commands.ts'
import type { Answer } from '../model/model-backend.ts'
import type { Identity, Oracle } from '../model/shown-query.ts'
import type { HttpFault } from './http-fault.ts'
import { makeFunctionReference } from 'convex/server'
import { createConvex } from 'convue'
import { vi } from 'vitest'
import { effectScope, nextTick, watch } from 'vue'
import { WebSocket } from 'ws'
import { AppCode } from '../model/app-code.ts'
import { USERS } from '../model/commands.ts'
import { ModelPage } from '../model/model-page.ts'
import { PageListeners } from '../model/page-listeners.ts'
import { faultsOf, faultsWhenSettled } from '../model/shown-query.ts'
import { createBrowserFetch, signUp } from '../support/live/deployment.ts'
import { createLiveAuthClient } from '../support/live/live-page.ts'
import { NodeXhr } from '../support/live/node-xhr.ts'
import { FaultProxy } from './fault-proxy.ts'
import { html } from './http-fault.ts'
import { LockstepTime } from './lockstep-time.ts'

const PASSWORD = 'correct horse battery'
const TOPICS = ['a', 'b'] as const

const backendApi = {
  tasks: makeFunctionReference<'query', { topic: string }, Answer>('model:tasks'),
  rows: makeFunctionReference<'query', { topic: string }, unknown[]>('model:rows'),
  isFailing: makeFunctionReference<'query', { topic: string }, boolean>('model:isFailing'),
  fail: makeFunctionReference<'mutation', { topic: string }, null>('model:fail'),
  change: makeFunctionReference<'mutation', { topic: string }, null>('model:change'),
  messages: makeFunctionReference<'query', { channel: string }, { body: string, author: string }[]>('messages:list'),
}

/** The accounts of the users, by their names in the commands. */
export type Accounts = Record<User, { id: string, email: string, token: string }>

export async function createAccounts(deployment: Deployment): Promise<Accounts> {
  const accounts = {} as Accounts
  for (const name of USERS) {
    const session = await signUp(deployment, { name, password: PASSWORD })
    accounts[name] = { id: session.userId, email: session.email, token: (await session.fetchToken())! }
  }
  return accounts
}

/** The id of the last call of all runs: each call on a deployment has its own id. */
let lastCallId = 0

/**
 * One real page of one browser on the embedded deployment, behind a failing network, and the
 * invariants that the page has violated.
 */
export class LiveRun {
  readonly #deployment: Deployment
  readonly #accounts: Accounts
  readonly #proxy: FaultProxy
  readonly #time: LockstepTime
  readonly #listeners = new PageListeners()
  readonly #browserFetch: ReturnType<typeof createBrowserFetch>
  readonly #auth: ReturnType<typeof createLiveAuthClient>
  readonly #convex: ConvexPlugin
  readonly #page: ModelPage
  readonly #app: AppCode
  readonly #scope = effectScope(true)
  readonly #faults = new Set<string>()
  readonly #identity: Identity = { who: undefined, isRefreshing: false, hadToken: false, changes: 0 }
  readonly #previousSockets = new Set<RecordingSocket>()
  readonly #sockets = new Set<RecordingSocket>()
  #reactions: Reaction[] = []
  /** The current faults of the network. */
  #tokens: TokenMode = 'good'
  #foreigner: User = 'ada'
  #storage: StorageMode = 'good'
  #isReachable = true
  #session: 'good' | 'failing' | 'empty' = 'good'
  #retryAfterMs = 0
  #pictures = 0
  #authenticates = 0
  #isClosed = false
  readonly #onRejection = (error: unknown): unknown => this.#faults.add(`unhandled rejection: ${error}`)

  static async open(deployment: Deployment, accounts: Accounts, boot: Boot): Promise<LiveRun> {
    const proxy = await FaultProxy.open(deployment)
    const browserFetch = createBrowserFetch()
    if (boot.user)
      await signInElsewhere(deployment, browserFetch, accounts[boot.user].email)
    return new LiveRun(deployment, accounts, proxy, browserFetch, boot)
  }

  private constructor(deployment: Deployment, accounts: Accounts, proxy: FaultProxy, browserFetch: ReturnType<typeof createBrowserFetch>, boot: Boot) {
    this.#deployment = deployment
    this.#accounts = accounts
    this.#proxy = proxy
    this.#browserFetch = browserFetch
    this.#time = new LockstepTime(deployment, proxy)
    this.#tokens = boot.tokens
    process.on('unhandledRejection', this.#onRejection)
    stubXhr(deployment, proxy)
    if (boot.hint)
      localStorage.setItem(`convue:${proxy.url}`, '1')
    proxy.fault = path => this.#judge(path)

    this.#auth = createLiveAuthClient(proxy, browserFetch)
    this.#convex = createConvex({
      url: proxy.url,
      authClient: this.#auth.authClient,
      clientOptions: { webSocketConstructor: this.#bindSocket(), logger: false },
      ...(boot.rendered ? { initialAuth: boot.user && { token: accounts[boot.user].token, user: { id: accounts[boot.user].id, name: boot.user }, session: {} } } : {}),
    })
    this.#watchIdentity()
    this.#page = new ModelPage(this.#convex, { onTick: () => this.#checkTick(), identity: this.#identity, idOf: user => accounts[user].id })
    this.#app = new AppCode({ page: this.#page, identity: this.#identity, change: topic => this.#change(topic), firstId: lastCallId })
    boot.mount.forEach((view, slot) => this.#page.set(slot, view))
  }

  /** A description of each violated invariant. */
  get faults(): string[] {
    return [...this.#faults]
  }

  async run(command: Command): Promise<void> {
    await this.#perform(command)
    await nextTick()
    this.#checkTick()
  }

  /** Ends all faults, waits, and checks that the page shows the current results of the server. */
  async calm(): Promise<void> {
    await this.#heal()
    const { status, error } = this.#convex.auth
    const expected = await this.#fetchCurrentUser()
    // The longest time until a page has recovered: the longest back-off, which is five minutes
    // after a response with a long `Retry-After`, and the minute after which a client notices a
    // silently lost connection.
    const LIMIT_MS = 360_000
    const isSure = (): boolean => status.value === 'authenticated' || status.value === 'unauthenticated'
    await this.#time.until(() => isSure() && this.#identity.who === expected, LIMIT_MS).catch(() => {})
    const { who } = this.#identity
    this.#expect(who === expected && isSure(), `the current user is ${who}, not ${expected}: ${status.value} ${error.value?.message ?? ''}`)
    if (who !== expected || who === undefined)
      return
    await this.#time.until(() => this.#app.pending.length === 0, LIMIT_MS).catch(() => {})
    for (const call of this.#app.pending)
      this.#faults.add(`${call} is pending although the page has settled`)
    const oracle = await this.#readDatabase(who)
    const faults = (): string[] => [...this.#page.shown].flatMap(shown => faultsWhenSettled(shown, who, oracle).map(fault => `${shown.auth} ${shown.isLive ? '' : 'once '}${shown.name} ${fault}`))
    await this.#time.until(() => faults().length === 0, LIMIT_MS).catch(() => {})
    // Lists load page by page, and unused queries linger for 3 s.
    await this.#loadAll()
    await this.#time.elapse(4000)
    faults().forEach(fault => this.#faults.add(fault))
    this.#checkWire(who)
    await this.#checkCalls()

    // A token request that is backing off may still be sent. Afterwards the page must not request
    // any token.
    const QUIET_MS = 20_000
    const sentCount = (): number => this.#auth.count('/convex/token') + this.#authenticates
    let before: number
    let elapsed = 0
    do {
      before = sentCount()
      await this.#time.elapse(QUIET_MS)
      elapsed += QUIET_MS
    } while (sentCount() > before && elapsed < LIMIT_MS)
    this.#expect(sentCount() === before, 'requests tokens although the page has settled')
  }

  /** Closes the page, and checks that nothing remains of it. */
  async close(): Promise<void> {
    const time = this.#time
    try {
      // A closed page sends no request.
      this.#isClosed = true
      this.#page.unmount()
      const closed = this.#convex.close()
      // A client waits until the other side has closed the connection, too, so the proxy closes all
      // connections.
      this.#proxy.cut()
      await time.elapse(2000)
      await closed
      this.#expect(this.#app.pending.length === 0, `${this.#app.pending} never settles`)
      this.#expect(this.#listeners.left.length === 0, `listeners remain: ${this.#listeners.left}`)
      this.#expect(vi.getTimerCount() === 0, `${vi.getTimerCount()} timers remain`)
      await this.#deployment.settled()
      this.#expect(this.#deployment.connections.length === 0, 'a connection remains open')
      this.#checkLog()
    }
    finally {
      lastCallId += this.#app.calls.length
      this.#scope.stop()
      this.#listeners.restore()
      localStorage.clear()
      process.off('unhandledRejection', this.#onRejection)
      await this.#proxy.close()
      time.end()
      vi.unstubAllGlobals()
      this.#deployment.log.length = 0
    }
  }

  /** Another tab announces a user, who may not be the current user. */
  #announce(userId: unknown, provider = `${this.#proxy.siteUrl}/api/auth`): void {
    const other = new BroadcastChannel(`convue:${this.#proxy.url}:${provider}`)
    other.postMessage(userId)
    other.close()
  }

  async #perform(command: Command): Promise<void> {
    const { authClient } = this.#auth
    switch (command.do) {
      case 'args':
      case 'mount':
      case 'subscribe':
      case 'refresh':
      case 'loadMore':
      case 'mutate':
      case 'act':
      case 'upload':
      case 'cancelUploads':
      case 'change':
        return this.#app.run(command)
      case 'signIn':
        return this.#signIn(command.user, command.heard)
      case 'rotate':
        return this.#signIn(this.#identity.who as User | null ?? 'ada', command.heard)
      case 'signOut':
        return void (command.heard ? this.#convex.auth.signOut() : authClient.signOut()).catch(() => {})
      case 'signOutElsewhere':
        // Ends the session on the server. The cookies of this browser remain.
        await post(this.#deployment, createBrowserFetch(undefined, request => this.#withCookies(request)), 'sign-out', {})
        return command.heard ? this.#refetch() : undefined
      case 'announce':
        return this.#announce(command.heard ? this.#identity.who : 'unknown user')
      case 'announceUser':
        return this.#announce(command.user && this.#accounts[command.user].id, command.by === 'app' ? `${this.#proxy.siteUrl}/api/auth` : 'another')
      case 'reportSession':
        this.#session = ({ truth: 'good', previous: 'good', failed: 'failing', pending: 'failing', empty: 'empty' } as const)[command.what]
        return this.#refetch()
      case 'tokens':
        this.#tokens = command.mode
        this.#foreigner = command.user
        return
      case 'unmount':
        return this.#page.set(command.slot, null)
      case 'deactivate':
      case 'activate':
        this.#page.slots[command.slot]!.isResting = command.do === 'deactivate'
        return
      case 'storage':
        this.#storage = command.mode
        return
      case 'inTick':
        this.#reactions.push(command.reaction)
        return
      case 'fail':
        await this.#deployment.mutation(backendApi.fail, { topic: command.topic })
        return
      case 'restart':
        return this.#deployment.restart()
      case 'drop':
        return this.#proxy.cut()
      case 'cut':
        return this.#proxy.wires.forEach(wire => wire.swallowed = 'both')
      case 'hold':
        return this.#proxy.wires.forEach(wire => wire.isCutAtAnswer = true)
      case 'flush':
        return this.#proxy.wires.forEach(wire => wire.damage = (['header', 'payload', 'truncate'] as const)[this.#app.calls.length % 3]!)
      case 'unreachable':
      case 'reachable':
        this.#isReachable = command.do === 'reachable'
        return
      case 'hide':
      case 'show':
        return this.#setHidden(command.do === 'hide')
      case 'online':
        return void window.dispatchEvent(new Event('online'))
      case 'wait':
        return this.#time.elapse(command.ms)
      case 'settle':
        return this.calm()
      case 'step':
      case 'answerLate':
        return this.#time.settle()
      case 'changeClaims':
        return this.#changeClaims(command.heard)
      case 'refreshAuth':
        return void this.#convex.auth.refresh()
      case 'retryAfter':
        this.#tokens = 'limited'
        this.#retryAfterMs = command.ms
        return
      // The embedded deployment cannot reject valid tokens or send fatal errors, and its clock is
      // always the same as the page's.
      case 'rejectTokens':
      case 'rejectTokensFor':
      case 'failFatally':
      case 'jump':
      case 'reload':
      case 'deleteElsewhere':
        return
      default:
        command satisfies never
    }
  }

  async #signIn(user: User, isHeard: boolean): Promise<void> {
    const { email } = this.#accounts[user]
    if (isHeard)
      void this.#auth.authClient.signIn.email({ email, password: PASSWORD }).catch(() => {})
    else
      await signInElsewhere(this.#deployment, this.#browserFetch, email)
  }

  /** Changes the picture of the user, which is a claim of the token. */
  async #changeClaims(isHeard: boolean): Promise<void> {
    const image = `https://pictures.example/${++this.#pictures}`
    if (isHeard)
      void this.#auth.authClient.updateUser({ image }).catch(() => {})
    else
      await post(this.#deployment, this.#browserFetch, 'update-user', { image })
  }

  #refetch(): void {
    void this.#auth.authClient.$store.atoms.session!.value.refetch()
  }

  async #withCookies(request: Request): Promise<Response> {
    request.headers.set('cookie', [...this.#browserFetch.cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    return fetch(request)
  }

  /** Requests the current user from the server, without the faults of the network. */
  async #fetchCurrentUser(): Promise<string | null> {
    const response = await this.#withCookies(new Request(`${this.#deployment.siteUrl}/api/auth/get-session`))
    return ((await response.json()) as { user: { name: string } } | null)?.user.name ?? null
  }

  async #readDatabase(who: string | null): Promise<Oracle> {
    const found = new Map<string, [answer: Answer, rows: unknown[]]>()
    for (const topic of TOPICS) {
      for (const whose of new Set(['anonymous', who ?? 'anonymous'])) {
        const options = whose === 'anonymous' ? {} : { identity: { subject: this.#accounts[whose as User].id, name: whose } }
        found.set(`${topic} of ${whose}`, [await this.#deployment.query(backendApi.tasks, { topic }, options), await this.#deployment.query(backendApi.rows, { topic }, options)])
      }
    }
    return { answer: (topic, whose) => found.get(`${topic} of ${whose}`)![0], rows: (topic, whose) => found.get(`${topic} of ${whose}`)![1] }
  }

  #change(topic: string): void {
    for (const whose of ['anonymous', this.#identity.who ?? 'ada'])
      void this.#deployment.mutation(backendApi.change, { topic }, whose === 'anonymous' ? {} : { identity: { subject: this.#accounts[whose as User].id, name: whose } })
  }

  async #heal(): Promise<void> {
    this.#tokens = 'good'
    this.#storage = 'good'
    this.#isReachable = true
    this.#session = 'good'
    for (const wire of [...this.#proxy.wires]) {
      Object.assign(wire, { isCutAtAnswer: false, damage: null })
      // Connections that were lost silently are detected now.
      if (wire.swallowed !== 'none')
        wire.cut()
    }
    for (const topic of TOPICS) {
      if (await this.#deployment.query(backendApi.isFailing, { topic }))
        await this.#deployment.mutation(backendApi.fail, { topic })
    }
    this.#setHidden(false)
    window.dispatchEvent(new Event('online'))
    await this.#time.settle()
    // A page that becomes visible requests the session again.
    this.#refetch()
    await this.#time.elapse(1000)
  }

  async #loadAll(): Promise<void> {
    const MAX_PAGES = 20
    const loadMore = (): boolean => [...this.#page.shown].map(shown => shown.isActive() && shown.loadMore?.()).includes(true)
    for (let page = 0; page < MAX_PAGES && loadMore(); page++)
      await this.#time.elapse(500)
  }

  #setHidden(isHidden: boolean): void {
    Object.defineProperty(document, 'hidden', { configurable: true, value: isHidden })
    document.dispatchEvent(new Event('visibilitychange'))
  }

  #judge(path: string): HttpFault | null {
    const token = (value: string): HttpFault => ({ kind: 'answer', status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token: value }) })
    if (path.endsWith('/sync'))
      return this.#isReachable ? null : html(503)
    if (path.endsWith('/storage/upload'))
      return ({ good: null, failing: { kind: 'cut', when: 'after' }, refusing: { kind: 'answer', status: 413 }, stalled: { kind: 'halfOpen' } } as const)[this.#storage]
    if (path.endsWith('/get-session'))
      return ({ good: null, failing: html(403), empty: { kind: 'replace', status: 200 } } as const)[this.#session]
    if (!path.endsWith('/convex/token'))
      return null
    switch (this.#tokens) {
      case 'failing':
        return { kind: 'answer', status: 429, headers: { 'retry-after': '2' } }
      case 'limited':
        return { kind: 'answer', status: 429, headers: { 'x-retry-after': String(this.#retryAfterMs / 1000) } }
      case 'throwing':
        return { kind: 'cut', when: 'middle' }
      case 'stalled':
        return { kind: 'halfOpen' }
      case 'late':
        return { kind: 'delay', ms: 3000 }
      case 'garbage':
        return token('garbage')
      case 'foreign':
        return token(this.#accounts[this.#foreigner].token)
      case 'same':
      case 'good':
        return null
    }
  }

  #watchIdentity(): void {
    const { status, user, session, isRefreshing } = this.#convex.auth
    this.#scope.run(() => watch([status, user, session, isRefreshing], () => this.#look(), { flush: 'sync', immediate: true }))
  }

  #look(): void {
    const { status, user, isRefreshing } = this.#convex.auth
    const previous = this.#identity.who
    const who = status.value === 'unauthenticated' ? null : user.value?.name as string | undefined
    this.#expect(previous === undefined || who !== undefined, 'the identity was known and is unknown')
    Object.assign(this.#identity, { who, isRefreshing: isRefreshing.value })
    if (previous === undefined || previous === who)
      return
    this.#identity.hadToken = status.value !== 'loading'
    this.#identity.changes++
    for (const socket of this.#sockets) {
      if (socket.subject !== null)
        this.#previousSockets.add(socket)
    }
    for (const shown of this.#page?.shown ?? []) {
      const { data, error, rows, isGiven } = shown.read()
      const isAnonymousResult = !isGiven && (who === null || !this.#identity.hadToken) && rows.every(({ whose }) => whose === 'anonymous')
      this.#expect(shown.auth === 'public' || isAnonymousResult || (data === undefined && error === undefined), `${shown.auth} ${shown.name} remains after an identity change`)
    }
    this.#app?.faultsOfChange().forEach(fault => this.#faults.add(fault))
    for (const reaction of this.#reactions.splice(0)) {
      this.#app.run(reaction)
      this.#checkTick()
    }
  }

  #checkTick(): void {
    if (this.#isClosed)
      return
    this.#look()
    for (const shown of this.#page?.shown ?? []) {
      for (const fault of faultsOf(shown, this.#identity))
        this.#faults.add(`${shown.auth} ${shown.isLive ? '' : 'once '}${shown.name} ${fault}`)
    }
    this.#app?.faultsOfTick().forEach(fault => this.#faults.add(fault))
  }

  async #checkCalls(): Promise<void> {
    const messages = await this.#deployment.query(backendApi.messages, { channel: 'model' })
    const executions = messages.map(({ body, author }) => ({ id: Number(body), whose: author }))
    this.#app.faultsOfCalls(executions).forEach(fault => this.#faults.add(fault))
  }

  /** A query must not run on a connection after the log contains the end of the connection. */
  #checkLog(): void {
    const closed = new Set<number>()
    for (const { kind, name, connection, subject } of this.#deployment.log) {
      if (kind === 'socket' && name === 'close')
        closed.add(connection!)
      else if (kind === 'query')
        this.#expect(connection === null || !closed.has(connection), `${name} runs as ${subject} on a closed connection`)
    }
  }

  /** Once the page has settled, exactly the queries in use must be subscribed. */
  #checkWire(who: string | null): void {
    const wanted = new Set<string>()
    for (const { name, auth, isLive, isActive, topic } of this.#page.shown) {
      if (isLive && isActive() && topic() !== null && !(auth === 'required' && who === null))
        wanted.add(`${name} ${topic()} as ${auth === 'public' || who === null ? null : this.#accounts[who as User].id}`)
    }
    // The deployment may list silently lost connections as open, so only the connections of open
    // sockets count.
    const open = this.#deployment.connections.filter(({ sessionId }) => [...this.#sockets].some(socket => socket.sessionId === sessionId))
    const found = open.flatMap(({ queries, subject }) => queries.map(({ name, args }: any) => `${name} ${args.topic ?? args.of} as ${subject}`))
    this.#expect([...wanted].every(query => found.includes(query)), `${[...wanted]} is in use, ${found} is subscribed`)
    this.#expect(found.every(query => wanted.has(query)), `${found} is subscribed, ${[...wanted]} is in use`)
  }

  #bindSocket(): typeof globalThis.WebSocket {
    const sockets = this.#sockets
    const onFrame = (frame: any, socket: RecordingSocket): void => this.#checkFrame(frame, socket)
    return class extends RecordingSocket {
      constructor(url: string) {
        super(url, onFrame)
        sockets.add(this)
        this.once('close', () => sockets.delete(this))
      }
    } as unknown as typeof globalThis.WebSocket
  }

  #checkFrame(frame: any, socket: RecordingSocket): void {
    const { who } = this.#identity
    this.#expect(!this.#previousSockets.has(socket), `${frame.type} on the connection of a previous user`)
    if (frame.type === 'Authenticate') {
      this.#authenticates++
      this.#expect(socket.subject === who, `Authenticate ${socket.subject} while ${who} is the current user`)
    }
    this.#expect(socket.subject === null || socket.subject === who, `${frame.type} as ${socket.subject} while ${who} is the current user`)
    if (frame.type === 'ModifyQuerySet' && frame.modifications.some((change: any) => change.udfPath === 'model:secret'))
      this.#expect(socket.subject !== null, 'a query that requires a user runs anonymously')
  }

  #expect(isRight: boolean, fault: string): void {
    if (!isRight)
      this.#faults.add(fault)
  }
}

/** A real socket that reports each message of the page before it sends the message. */
class RecordingSocket extends WebSocket {
  /** The name of the user that the socket has authenticated as. */
  subject: string | null = null
  sessionId: string | null = null
  readonly #onFrame: (frame: any, socket: RecordingSocket) => void

  constructor(url: string, onFrame: (frame: any, socket: RecordingSocket) => void) {
    super(url)
    this.#onFrame = onFrame
  }

  override send(data: string): void {
    const frame = JSON.parse(data)
    if (frame.type === 'Connect')
      this.sessionId = frame.sessionId
    if (frame.type === 'Authenticate')
      this.subject = frame.tokenType === 'User' ? JSON.parse(atob(frame.value.split('.')[1].replace(/-/g, '+').replace(/_/g, '/'))).name : null
    this.#onFrame(frame, this)
    super.send(data)
  }
}

async function post(deployment: Deployment, browserFetch: typeof fetch, path: string, body: Record<string, string>): Promise<void> {
  await browserFetch(`${deployment.siteUrl}/api/auth/${path}`, {
    method: 'POST',
    // Requests a new connection, since a restart of the deployment may be closing the previous one.
    headers: { 'content-type': 'application/json', 'connection': 'close' },
    body: JSON.stringify(body),
  })
}

/**
 * Signs in as another tab would: the browser then has the cookies of this user, but the page has
 * not requested the session.
 */
function signInElsewhere(deployment: Deployment, browserFetch: typeof fetch, email: string): Promise<void> {
  return post(deployment, browserFetch, 'sign-in/email', { email, password: PASSWORD })
}

/**
 * Sends uploads through the proxy, since upload URLs contain the address of the deployment itself.
 */
function stubXhr(deployment: Deployment, proxy: FaultProxy): void {
  vi.stubGlobal('XMLHttpRequest', class extends NodeXhr {
    override open(method: string, url: string): void {
      super.open(method, url.replace(deployment.url, proxy.url))
    }
  })
}
