import type { ConvexPlugin } from 'convue'
import type { Boot, Command, Reaction, ViewSpec } from './commands.ts'
import type { Identity } from './shown-query.ts'
import { isDeepStrictEqual } from 'node:util'
import { createConvex } from 'convue'
import { vi } from 'vitest'
import { effectScope, watch } from 'vue'
import { stubBroadcastChannel } from '../support/scripted/broadcast-channel.ts'
import { BrowserStorage, persist } from '../support/scripted/browser-storage.ts'
import { AppCode } from './app-code.ts'
import { ModelBackend } from './model-backend.ts'
import { ModelPage } from './model-page.ts'
import { ModelProvider } from './model-provider.ts'
import { OtherTabs } from './other-tabs.ts'
import { PageListeners } from './page-listeners.ts'
import { faultsOf, faultsWhenSettled } from './shown-query.ts'
import { settle, VirtualTime } from './virtual-time.ts'

/**
 * Commands that never cause a token request, unless a request has failed or the clock has jumped.
 */
const WITHOUT_TOKENS = new Set<Command['do']>([
  'args',
  'mount',
  'subscribe',
  'unmount',
  'deactivate',
  'activate',
  'refresh',
  'loadMore',
  'mutate',
  'act',
  'upload',
  'cancelUploads',
  'storage',
  'change',
  'fail',
  'restart',
  'drop',
  'cut',
  'hold',
  'unreachable',
  'reachable',
  'hide',
  'show',
  'online',
])

/** One page of one browser from start to end, and the invariants that it has violated. */
export class ModelRun {
  readonly #time = new VirtualTime()
  readonly #channels = stubBroadcastChannel()
  readonly #listeners: PageListeners
  readonly #backend: ModelBackend
  readonly #provider: ModelProvider
  readonly #otherTabs: OtherTabs
  readonly #boot: Boot
  readonly #storage = new BrowserStorage()
  /** The secrets of the sessions that a page of this browser has had. */
  readonly #knownSecrets = new Set<string>()
  #convex!: ConvexPlugin
  #page!: ModelPage
  #scope = effectScope(true)
  readonly #faults = new Set<string>()
  #app!: AppCode
  #calls = 0
  readonly #identity: Identity = { who: undefined, isRefreshing: false, hadToken: false, changes: 0 }
  /** The actions of the app in the tick of the next identity change. */
  #reactions: Reaction[] = []
  /** The sessions that have ended on the page. */
  readonly #endedSessions = new Set<string>()
  #session: string | undefined
  /** Sockets of previous users. */
  readonly #previousSockets = new Set<number>()
  /** The largest number of token requests that the commands so far can have caused. */
  #budget = 2
  #hadFaultyTokens = false
  /** How many token requests earlier pages have sent. */
  #requestsAtOpen = 0
  /** How many calls of `auth.refresh()` have not settled. */
  #authRefreshes = 0
  #hasJumped = false
  /** Whether the last command was `step`, so work may still be under way. */
  #isStepping = false
  #isClosed = false
  readonly #onRejection = (error: unknown): unknown => this.#faults.add(`unhandled rejection: ${error}`)

  constructor(boot: Boot) {
    const { user, sessionIds, snapshot, hint, tokens, latencyMs, mount, store } = boot
    this.#boot = boot
    this.#storage.hasCompanion = store === 'companion'
    seedRandom()
    process.on('unhandledRejection', this.#onRejection)
    this.#listeners = new PageListeners()
    this.#backend = new ModelBackend(latencyMs)
    this.#provider = new ModelProvider(user, snapshot === 'spoken', sessionIds)
    this.#provider.mode = tokens
    this.#hadFaultyTokens = tokens !== 'good'
    const { deployment } = this.#backend
    this.#otherTabs = new OtherTabs(this.#channels, deployment.url)
    if (hint)
      localStorage.setItem(`convue:${deployment.url}`, '1')
    deployment.onFrame = (frame, socket) => this.#checkFrame(frame, socket.subject, socket.index)
    this.#open(boot.rendered, mount)
  }

  #open(isRendered: boolean, views: (ViewSpec | null)[]): void {
    const { cookie, source } = this.#provider
    const { deployment } = this.#backend
    this.#storage.session = cookie?.secret ?? null
    const isKnown = !!cookie && this.#knownSecrets.has(cookie.secret)
    const expected = this.#boot.store === 'companion' && isKnown ? cookie.user : null
    Object.assign(this.#identity, { who: undefined, isRefreshing: false, hadToken: false, changes: 0, expected })
    this.#convex = createConvex({
      url: deployment.url,
      tokenSource: source,
      clientOptions: deployment.clientOptions,
      ...(isRendered ? { initialAuth: cookie ? { token: this.#provider.makeToken(), user: { id: cookie.user }, session: { id: cookie.sessionId } } : null } : {}),
      ...(this.#boot.store === 'none' ? {} : persist()),
    })
    this.#page = new ModelPage(this.#convex, { onTick: () => this.#checkTick(), identity: this.#identity })
    this.#watchIdentity()
    this.#requestsAtOpen = source.requests.length
    if (!this.#boot.readsStatusLate)
      this.#readStatus()
    this.#app = new AppCode({
      page: this.#page,
      identity: this.#identity,
      change: topic => this.#change(topic),
      isFileOf: (storageId, whose, id = Number.parseInt(storageId)) => storageId === `${id} of ${whose}`,
      firstId: this.#calls,
    })
    views.forEach((view, slot) => this.#page.set(slot, view))
  }

  /** The app reads the status of its user, so the page requests a token. */
  #readStatus(): void {
    this.#page.hasUsedUser = true
    void this.#convex.auth.status.value
  }

  /** Closes the page, changes the session while no tab is open, and opens the app again. */
  async #reload(meanwhile: Extract<Command, { do: 'reload' }>['meanwhile']): Promise<void> {
    const provider = this.#provider
    const views = this.#page.slots.map(({ spec }) => spec)
    await this.#closePage()
    if (meanwhile === 'rotate')
      provider.rotate()
    else if (meanwhile === 'signOut')
      provider.signOut()
    else if (meanwhile !== 'nothing')
      provider.signIn(meanwhile)
    provider.source.report({ status: 'pending' })
    this.#calls += this.#app.calls.length
    this.#reactions = []
    this.#session = undefined
    this.#authRefreshes = 0
    this.#endedSessions.clear()
    this.#otherTabs.settle()
    this.#isClosed = false
    this.#scope = effectScope(true)
    this.#open(false, views)
  }

  /** Closes the page, and checks that nothing remains of it. */
  async #closePage(): Promise<void> {
    // A closed page sends no request.
    this.#isClosed = true
    this.#page.unmount()
    void this.#convex.close()
    await this.#time.advance(1000)
    this.#scope.stop()
    this.#expect(this.#provider.source.listenerCount === 0, 'a listener of the provider remains')
    this.#expect(this.#listeners.left.length === 0, `listeners remain: ${this.#listeners.left}`)
    this.#expect(this.#channels.openCount() === 0, 'a channel remains open')
    for (const call of this.#app.pending)
      this.#faults.add(`${call} never settles`)
  }

  /** The user of the first row that each query shows. */
  get rows(): (string | undefined)[] {
    return [...this.#page.shown].map(shown => shown.read().rows[0]?.whose)
  }

  /** A description of each violated invariant. */
  get faults(): string[] {
    return [...this.#faults]
  }

  async run(command: Command): Promise<void> {
    const page = this.#page
    const { length } = this.#provider.source.requests
    const isUnsettled = this.#hadFaultyTokens || this.#backend.rejected > 0 || this.#hasJumped || this.#isStepping || !page.needsUser || ['loading', 'authenticating'].includes(page.authState.value.status)
    const isClaimsKnown = isDeepStrictEqual(this.#provider.source.getSnapshot(), this.#provider.truth) && ['authenticated', 'refreshing'].includes(page.authState.value.status)
    await this.#perform(command)
    this.#readCookie()
    this.#isStepping = command.do === 'step'
    if (this.#isStepping)
      return
    await settle()
    if (WITHOUT_TOKENS.has(command.do) && !isUnsettled)
      this.#expect(this.#provider.source.requests.length === length, `${command.do} causes a token request`)
    if (command.do === 'changeClaims' && command.heard && isClaimsKnown && !isUnsettled)
      this.#expect(this.#provider.source.requests.length === length + 1, 'new claims cause no token request')
    this.#checkTick()
    this.#checkCalls()
    this.#checkNeed()
    this.#otherTabs.takeFaults().forEach(fault => this.#faults.add(fault))
    const excess = this.#provider.source.requests.length - this.#budget
    this.#expect(excess <= 0, `${excess} token requests too many after ${JSON.stringify(command)}`)
  }

  /** Ends all faults, waits, and checks that the page shows the current results of the server. */
  async calm(): Promise<void> {
    const { source } = this.#provider
    const { deployment } = this.#backend
    this.#heal()
    this.#budget += 14
    await this.#time.advance(100_000)
    this.#checkNeed()
    this.#readStatus()
    await this.#time.advance(100_000)
    this.#provider.report(this.#provider.truth)
    await this.#time.advance(140_000)

    const before = source.requests.length
    const authenticated = this.#countFrames('Authenticate')
    // A token with a lifetime of two minutes is renewed after 96 seconds.
    await this.#time.advance(90_000)
    this.#expect(source.requests.length - before <= 1, `${source.requests.length - before} token requests in 90 seconds without events`)
    this.#expect(this.#countFrames('Authenticate') - authenticated <= 1, 'authenticates too often')
    this.#expect(this.#countFrames('Authenticate') <= source.requests.length + this.#countFrames('Connect') + 1, 'more Authenticates than tokens and connections')

    const { status, error } = this.#convex.auth
    const expected = this.#provider.cookie?.user ?? null
    const { who } = this.#identity
    this.#expect(who === expected, `the current user is ${who}, not ${expected}: ${status.value} ${error.value?.message ?? ''}`)
    this.#expect(status.value === 'authenticated' || status.value === 'unauthenticated', `${status.value} although the page has settled`)
    if (who === undefined)
      return
    for (const shown of this.#page.shown) {
      for (const fault of faultsWhenSettled(shown, who, this.#backend))
        this.#faults.add(`${shown.auth} ${shown.isLive ? '' : 'once '}${shown.name} ${fault}`)
    }
    await this.#loadAll()
    const refreshes = [...this.#page.shown].map(shown => shown.refresh())
    await this.#time.advance(500)
    let settled = 0
    void Promise.all(refreshes.map(async refresh => refresh.then(() => settled++)))
    await settle()
    this.#expect(settled === refreshes.length, 'refresh() does not settle')
    for (const shown of this.#page.shown) {
      for (const fault of faultsWhenSettled({ ...shown, isLive: true }, who, this.#backend))
        this.#faults.add(`refreshed ${shown.auth} ${shown.isLive ? '' : 'once '}${shown.name} ${fault}`)
    }
    await this.#time.advance(4000)
    this.#checkWire(who)
    this.#checkCalls()
    for (const call of this.#app.pending)
      this.#faults.add(`${call} is pending although the page has settled`)
    this.#expect(this.#app.refreshes === 0, 'a refresh is pending although the page has settled')
    this.#expect(this.#authRefreshes === 0, 'a refresh of session and token is pending although the page has settled')
    this.#budget = source.requests.length + 3
    this.#otherTabs.settle()
    deployment.frames.length = 0
    this.#hadFaultyTokens = false
  }

  /** Loads all pages of every list in use. */
  async #loadAll(): Promise<void> {
    const MAX_PAGES = 20
    const loadMore = (): boolean => [...this.#page.shown].map(shown => shown.isActive() && shown.loadMore?.()).includes(true)
    for (let page = 0; loadMore(); page++) {
      this.#expect(page < MAX_PAGES, 'a list has no end')
      if (page >= MAX_PAGES)
        return
      await this.#time.advance(200)
    }
  }

  /** Closes the page, and checks that nothing remains of it. */
  async close(): Promise<void> {
    try {
      this.#isClosed = true
      this.#heal()
      await this.#closePage()
      this.#expect(vi.getTimerCount() === 0, `${vi.getTimerCount()} timers remain`)
      this.#expect(this.#backend.deployment.liveSockets.length === 0, 'a socket remains open')
      this.#expect(this.#backend.files.sent.every(({ isOver }) => isOver), 'an upload is still under way')
      // Node reports an unhandled rejection only after a turn of its own event loop.
      await settle()
    }
    finally {
      this.#scope.stop()
      this.#listeners.restore()
      localStorage.clear()
      process.off('unhandledRejection', this.#onRejection)
      this.#storage.restore()
      vi.mocked(Math.random).mockRestore()
      this.#time.end()
    }
  }

  async #perform(command: Command): Promise<void> {
    const provider = this.#provider
    const page = this.#page
    const backend = this.#backend
    const { deployment } = backend
    switch (command.do) {
      case 'signIn':
        provider.signIn(command.user)
        return this.#hear(command.heard)
      case 'signOut':
        this.#budget += 2
        await Promise.race([this.#convex.auth.signOut().catch(() => {}), settle()])
        return this.#hear(command.heard)
      case 'signOutElsewhere':
        provider.signOut()
        return this.#hear(command.heard)
      case 'rotate':
        provider.rotate()
        return this.#hear(command.heard)
      case 'announce': {
        this.#budget += 3
        return this.#otherTabs.announce(command.heard ? provider.cookie?.user ?? null : 'unknown user')
      }
      case 'announceUser': {
        if (command.by === 'another app')
          return this.#otherTabs.announceOfAnotherApp(command.user)
        this.#budget += 3
        return this.#otherTabs.announce(command.user)
      }
      case 'reportSession':
        this.#budget += 2
        if (command.what === 'truth')
          provider.report(provider.truth)
        else if (command.what === 'previous')
          provider.reportPrevious()
        else if (command.what === 'empty')
          provider.report({ status: 'failed', error: new Error('The answer is empty.'), isInconclusive: true })
        else
          provider.report(command.what === 'failed' ? { status: 'failed', error: new Error('The session endpoint is down.') } : { status: 'pending' })
        return
      case 'rejectTokens':
        this.#budget += 2 * command.tokens
        backend.rejections += command.tokens
        return
      case 'rejectTokensFor':
        this.#budget += 6
        return backend.rejectTokensFor(command.ms)
      case 'failFatally':
        return deployment.liveSockets[command.nth]?.failFatally()
      case 'changeClaims':
        provider.claims++
        return this.#hear(command.heard)
      case 'refreshAuth':
        this.#budget += 3
        this.#authRefreshes++
        page.hasUsedUser = true
        return void this.#convex.auth.refresh().then(() => this.#authRefreshes--)
      case 'retryAfter':
        this.#hadFaultyTokens = true
        this.#budget += 1
        provider.mode = 'limited'
        provider.retryAfterMs = command.ms
        return
      case 'tokens':
        this.#hadFaultyTokens ||= command.mode !== 'good'
        this.#budget += 1
        provider.mode = command.mode
        provider.foreigner = command.user
        return
      case 'answerLate':
        this.#budget += 1
        return provider.answerLate()
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
      case 'unmount':
        return page.set(command.slot, null)
      case 'deactivate':
      case 'activate':
        page.slots[command.slot]!.isResting = command.do === 'deactivate'
        return
      case 'storage':
        if (command.mode === 'good')
          return backend.flushFiles()
        backend.storage = command.mode
        return
      case 'inTick':
        this.#reactions.push(command.reaction)
        return
      case 'restart': {
        if (!deployment.isReachable)
          return
        deployment.isReachable = false
        setTimeout(() => deployment.isReachable = true, 300)
        return deployment.drop(1012)
      }
      case 'fail':
        if (!backend.failing.delete(command.topic))
          backend.failing.add(command.topic)
        return deployment.invalidate()
      case 'drop':
        return deployment.drop()
      case 'cut':
        return deployment.cut()
      case 'hold':
        deployment.isHolding = true
        return
      case 'flush':
        return deployment.flush()
      case 'unreachable':
      case 'reachable':
        deployment.isReachable = command.do === 'reachable'
        return
      case 'hide':
      case 'show':
        return this.#setHidden(command.do === 'hide')
      case 'online':
        this.#budget += 2
        return void window.dispatchEvent(new Event('online'))
      case 'jump':
        this.#hasJumped = true
        return this.#time.jump(command.ms)
      case 'wait':
        this.#budget += 1 + command.ms / 50_000 + (this.#hadFaultyTokens || backend.rejected > 0 ? Math.min(8, 1 + command.ms / 500) : 0)
        return this.#time.advance(command.ms)
      case 'step':
        this.#budget += 1
        return this.#time.step()
      case 'settle':
        return this.calm()
      case 'reload':
        this.#budget += 6
        this.#hadFaultyTokens ||= command.tokens !== 'good'
        provider.mode = command.tokens
        return this.#reload(command.meanwhile)
      case 'deleteElsewhere': {
        if (provider.cookie)
          this.#otherTabs.announceDeletion(provider.cookie.user)
        provider.signOut()
        return this.#hear(command.heard)
      }
      default:
        command satisfies never
    }
  }

  /** The browser has the companion cookie of the current session. */
  #readCookie(): void {
    const { cookie, source } = this.#provider
    this.#storage.session = cookie?.secret ?? null
    if (cookie && this.#identity.who === cookie.user && source.sessionToken!(cookie.user) === cookie.secret)
      this.#knownSecrets.add(cookie.secret)
  }

  #hear(isHeard: boolean): void {
    this.#budget += 3
    if (isHeard)
      this.#provider.report(this.#provider.truth)
  }

  #setHidden(isHidden: boolean): void {
    this.#budget += 2
    Object.defineProperty(document, 'hidden', { configurable: true, value: isHidden })
    document.dispatchEvent(new Event('visibilitychange'))
  }

  #heal(): void {
    const { deployment, failing } = this.#backend
    this.#provider.mode = 'good'
    this.#provider.answerLate()
    this.#backend.rejections = 0
    this.#backend.rejectsUntil = 0
    this.#backend.flushFiles()
    deployment.isReachable = true
    deployment.flush()
    if (failing.size > 0) {
      failing.clear()
      deployment.invalidate()
    }
    this.#setHidden(false)
    window.dispatchEvent(new Event('online'))
    this.#provider.report(this.#provider.truth)
  }

  #change(topic: string): void {
    for (const whose of ['anonymous', this.#identity.who ?? 'ada'])
      this.#backend.change(topic, whose)
    this.#backend.deployment.invalidate()
  }

  #watchIdentity(): void {
    const { authState } = this.#page
    const { user, session } = this.#convex.auth
    this.#scope.run(() => watch([() => authState.value.status, user, session], () => this.#look(), { flush: 'sync', immediate: true }))
  }

  /**
   * Reads the current identity. Every check calls this first, since the watchers of one tick run in
   * any order.
   */
  #look(): void {
    const { status } = this.#page.authState.value
    const { user, session } = this.#convex.auth
    const previous = this.#identity.who
    const who = status === 'unauthenticated' ? null : user.value?.id as string | undefined
    this.#expect(previous === undefined || who !== undefined, 'the identity was known and is unknown')
    Object.assign(this.#identity, { who, isRefreshing: status === 'refreshing' })
    if (previous !== undefined && previous !== who && this.#session)
      this.#endedSessions.add(this.#session)
    this.#session = who ? keyOf(who, session.value?.id) : undefined
    if (previous === undefined || previous === who)
      return
    const { cookie } = this.#provider
    const isTrue = cookie !== null && this.#session === keyOf(cookie.user, cookie.sessionId)
    this.#expect(status !== 'loading' || isTrue || !this.#endedSessions.has(this.#session!), 'an ended session is current again without a token')
    this.#otherTabs.expectAnnouncement(who ?? null)
    this.#identity.hadToken = status !== 'loading'
    this.#identity.changes++
    for (const { subject, index } of this.#backend.deployment.sockets) {
      if (subject !== null)
        this.#previousSockets.add(index)
    }
    this.#checkNothingLeft()
    for (const reaction of this.#reactions.splice(0)) {
      this.#app.run(reaction)
      this.#checkTick()
    }
  }

  /** In the tick of an identity change, the data and calls of the previous user are removed. */
  #checkNothingLeft(): void {
    for (const shown of this.#page?.shown ?? []) {
      const { data, error, rows, isGiven } = shown.read()
      // An anonymous result may already be there, since the public query with the same arguments
      // has it.
      const isAnonymousResult = !isGiven && (this.#identity.who === null || !this.#identity.hadToken) && rows.every(({ whose }) => whose === 'anonymous')
      this.#expect(shown.auth === 'public' || isAnonymousResult || (data === undefined && error === undefined), `${shown.auth} ${shown.name} remains after an identity change`)
    }
    this.#app?.faultsOfChange().forEach(fault => this.#faults.add(fault))
    this.#expect(this.#backend.files.sent.every(({ isOver }) => isOver), 'an upload continues after an identity change')
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

  #checkFrame(frame: { type: string, [field: string]: any }, subject: string | null, socket: number): void {
    const { who } = this.#identity
    this.#expect(!this.#previousSockets.has(socket), `${frame.type} on the connection of a previous user`)
    if (subject !== null)
      this.#expect(subject === who, `${frame.type} as ${subject} while ${who} is the current user`)
    if (frame.type === 'Authenticate') {
      const bearer = frame.tokenType === 'User' ? readToken(frame.value).sub : null
      this.#expect(!this.#provider.tooLate.has(frame.value), `a token of ${bearer} of an aborted request is used`)
      this.#expect(bearer === who, `Authenticate ${bearer} while ${who} is the current user`)
    }
    if (frame.type === 'ModifyQuerySet' && frame.modifications.some((change: any) => change.udfPath === 'model:secret'))
      this.#expect(subject !== null || this.#isAuthenticating(socket), 'a query that requires a user runs anonymously')
  }

  /**
   * Whether this connection has sent `Authenticate`. If the token is rejected, no later message of
   * the connection runs.
   */
  #isAuthenticating(socket: number): boolean {
    return this.#backend.deployment.sockets[socket]!.frames.some(({ type }) => type === 'Authenticate')
  }

  /** A page that has not depended on its user yet requests no token and opens no connection of the user. */
  #checkNeed(): void {
    const { needsUser, hasUsedUser, shown } = this.#page
    this.#expect(hasUsedUser || !needsUser, 'the page requests the token of its user although nothing depends on the user')
    if (needsUser)
      return
    this.#expect([...shown].every(({ auth, topic, isActive }) => auth === 'public' || topic() === null || !isActive()), 'a query of the user runs, but no token is requested')
    this.#expect(this.#provider.source.requests.length === this.#requestsAtOpen, 'a token is requested although the page does not need its user')
    this.#expect(this.#backend.deployment.liveSockets.every(({ frames }) => frames.every(({ type }) => type !== 'Authenticate')), 'a token is sent although the page does not need its user')
  }

  #checkCalls(): void {
    this.#app.faultsOfCalls(this.#backend.executions).forEach(fault => this.#faults.add(fault))
  }

  /** Once the page has settled, exactly the queries in use must be subscribed. */
  #checkWire(who: string | null): void {
    const wanted = new Set<string>()
    for (const { name, auth, isLive, isActive, topic } of this.#page.shown) {
      if (isLive && isActive() && topic() !== null && !(auth === 'required' && who === null))
        wanted.add(`${name} ${topic()} as ${auth === 'public' ? null : who}`)
    }
    const { liveSockets } = this.#backend.deployment
    const found = liveSockets.flatMap(({ queries, subject }) => [...queries.values()].map(({ name, args }) => `${name} ${args.topic ?? args.of} as ${subject}`))
    this.#expect([...wanted].every(query => found.includes(query)), `${[...wanted]} is in use, ${found} is subscribed`)
    this.#expect(found.every(query => wanted.has(query)), `${found} is subscribed, ${[...wanted]} is in use`)
    for (const { subject, frames } of liveSockets) {
      const authenticate = frames.findLast(({ type }) => type === 'Authenticate')
      if (subject !== null && authenticate)
        this.#expect(readToken(authenticate.value).claims === this.#provider.claims, 'queries run with outdated claims')
    }
    const isAnonymousNeeded = found.some(query => query.endsWith(' as null'))
    const expected = (who === null ? 0 : 1) + (isAnonymousNeeded ? 1 : 0)
    this.#expect(liveSockets.length === expected, `${liveSockets.length} sockets are open, not ${expected}`)
  }

  #countFrames(type: string): number {
    return this.#backend.deployment.frames.filter(frame => frame.type === type).length
  }

  #expect(isRight: boolean, fault: string): void {
    if (!isRight)
      this.#faults.add(fault)
  }
}

function readToken(token: string): Record<string, unknown> {
  return JSON.parse(atob(token.split('.')[1]!))
}

/** Identifies a session: two users may have the same session id. */
function keyOf(user: string, sessionId: string | null | undefined): string {
  return JSON.stringify([user, sessionId ?? null])
}

/** Replaces `Math.random` by a sequence that is the same in every run. */
function seedRandom(): void {
  let state = 1
  vi.spyOn(Math, 'random').mockImplementation(() => (state = state * 48_271 % 2_147_483_647) / 2_147_483_647)
}
