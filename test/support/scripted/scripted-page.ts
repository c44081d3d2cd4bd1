import type { VueWrapper } from '@vue/test-utils'
import type { ConvexOptions, ConvexPlugin, SessionSnapshot } from 'convue'
import type { App, Component, Plugin } from 'vue'
import { mount } from '@vue/test-utils'
import { createConvex } from 'convue'
import { afterEach, beforeEach, expect, vi } from 'vitest'
import { createApp, effectScope, markRaw } from 'vue'
import { fakeToken } from './fake-token.ts'
import { ScriptedDeployment } from './scripted-deployment.ts'
import { ScriptedSource, signedIn } from './scripted-source.ts'
// A client imports this file dynamically. With fake timers, a test would not wait for it.
import '../../../src/client/stalled-sockets.ts'

// Vue looks for its devtools once per process, with a timer that would remain in the first test.
createApp({ render: () => null })

/** The pages that have not been closed yet. */
const openPages = new Set<ScriptedPage>()

/**
 * Installs fake timers for each test of a file or of a `describe`, and closes all pages that the
 * test has opened. Register a hook that must run before the pages are closed after this call, and a
 * hook that must run with real timers before this call.
 */
export function setupScriptedPage(): void {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(async () => {
    const pages = [...openPages]
    openPages.clear()
    // close() fails if a timer remains, so all pages end before the first of them is closed.
    for (const page of pages)
      page.end()
    for (const page of pages)
      await page.close()
    vi.useRealTimers()
  })
}

/** Further plugins of the app, each with its options. */
type Plugins = [plugin: Plugin, ...options: any[]][]

export interface ScriptedPageOptions extends Partial<ConvexOptions> {
  /**
   * The user that the provider reports: an id, `null` for anonymous, or `'silent'` if the provider
   * has not reported anything yet. @default null
   */
  user?: string | null | 'silent'
  /**
   * Whether the page depends on the user from the start, like a page with `status`. @default true
   */
  needsUser?: boolean
}

/** A page of an app that is connected to a {@link ScriptedDeployment}, under fake timers. */
export class ScriptedPage {
  readonly deployment = new ScriptedDeployment()
  readonly source: ScriptedSource
  readonly #options: ScriptedPageOptions
  #convex: ConvexPlugin | undefined
  #app: App | undefined
  #scopes: (() => void)[] = []
  #closed: Promise<void> | undefined
  #wrapper: VueWrapper | undefined

  constructor(options: ScriptedPageOptions = {}) {
    openPages.add(this)
    this.#options = options
    const { user = null } = options
    this.source = new ScriptedSource(snapshotOf(user))
    if (user !== null && user !== 'silent')
      this.source.answer = () => ({ kind: 'token', token: fakeToken(user) })
  }

  /** The plugin, created at first use. */
  get convex(): ConvexPlugin {
    const { user: _user, needsUser = true, clientOptions, ...options } = this.#options
    if (!this.#convex) {
      this.#convex = createConvex({
        url: this.deployment.url,
        ...(options.authClient ? {} : { tokenSource: this.source }),
        ...options,
        clientOptions: { ...this.deployment.clientOptions, ...clientOptions },
      })
      if (needsUser)
        void this.#convex.auth.ready()
    }
    return this.#convex
  }

  /** An app without components, for code that runs outside of components. */
  get app(): App {
    return this.#app ??= markRaw(createApp({ render: () => null })).use(this.convex)
  }

  /** Runs `setup` like a store: with access to the app, and in its own effect scope. */
  run<T>(setup: () => T): { result: T, stop: () => void } {
    const scope = effectScope(true)
    const result = this.app.runWithContext(() => scope.run(setup)!)
    const stop = (): void => scope.stop()
    this.#scopes.push(stop)
    return { result, stop }
  }

  /** Mounts the component tree of the page. */
  mount(root: Component, app: { errorHandler?: (error: unknown) => void, plugins?: Plugins } = {}): VueWrapper {
    return this.#wrapper = mount(root, {
      attachTo: document.body,
      global: { plugins: [...app.plugins ?? [], this.convex, { install: created => void (created.config.errorHandler = app.errorHandler) }] },
    })
  }

  /**
   * Advances the timers, so that responses arrive. The default of 10 ms is longer than any round
   * trip without latency.
   */
  async tick(ms = 10): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms)
  }

  /** Descriptions of all frames since the last call. */
  takeFrames(): string[] {
    return this.deployment.frames.splice(0).map(describeFrame)
  }

  /** Ends all that runs on this page. */
  end(): void {
    for (const stop of this.#scopes.splice(0))
      stop()
    this.#wrapper?.unmount()
    this.#wrapper = undefined
    this.#closed ??= this.#convex?.close()
  }

  /**
   * Ends all that runs on this page, and fails the test if a timer, a socket or a listener remains.
   */
  async close(): Promise<void> {
    openPages.delete(this)
    this.end()
    // A request that the deployment has not answered yet has a timer, too.
    await vi.advanceTimersByTimeAsync(1000)
    await this.#closed
    localStorage.clear()
    expect(vi.getTimerCount(), 'timers that are left').toBe(0)
    expect(this.deployment.liveSockets, 'sockets that are left').toEqual([])
    expect(this.source.listenerCount, 'listeners that are left').toBe(0)
  }
}

function snapshotOf(user: string | null): SessionSnapshot {
  switch (user) {
    case 'silent':
      return { status: 'pending' }
    case null:
      return { status: 'signedOut' }
    default:
      return signedIn(user)
  }
}

/**
 * `Connect`, `Authenticate ada`, `+messages:list {"channel":"a"}`, `-1`, `Mutation messages:send`.
 */
function describeFrame(frame: { type: string, [field: string]: any }): string {
  switch (frame.type) {
    case 'ModifyQuerySet':
      return frame.modifications
        .map((change: any) => change.type === 'Add' ? `+${change.udfPath} ${JSON.stringify(change.args[0])}` : `-${change.queryId}`)
        .join(', ')
    case 'Mutation':
    case 'Action':
      return `${frame.type} ${frame.udfPath}`
    default:
      return frame.type
  }
}
