import type { Deployment } from '../../src/testing/index.ts'
import type { Session } from '../support/live/deployment.ts'
import type { FaultProxy } from './fault-proxy.ts'
import type { LockstepTime } from './lockstep-time.ts'
import { useAuthedQuery, useConvexAction, useConvexMutation, useConvexQuery, useConvexUpload } from 'convue'
import { expect, vi } from 'vitest'
import { api } from '../support/convex/_generated/api.js'
import { createLiveAuthClient, LivePage } from '../support/live/live-page.ts'
import { NodeXhr } from '../support/live/node-xhr.ts'
import { recordTicks } from '../support/scripted/identity.ts'

/** A call of a mutation, and its outcome on the page. */
interface LedgerEntry { text: string, outcome: 'pending' | 'resolved' | 'rejected', error?: unknown }

/**
 * A page of the real library, with the real clients of Convex and Better Auth, behind a network
 * that fails; and a ledger of its mutations.
 */
export class FaultPage {
  readonly ledger: LedgerEntry[] = []
  readonly auth: ReturnType<typeof createLiveAuthClient>
  /** Each auth status that the page has shown. */
  readonly statuses: string[]
  readonly tasks
  readonly whoami
  readonly upload
  readonly storeText
  readonly #add
  readonly #save
  readonly #deployment: Deployment
  readonly #page: LivePage
  readonly #session: Session
  readonly #label = `task ${Math.random().toString(36).slice(2)}`

  constructor(deployment: Deployment, proxy: FaultProxy, session: Session) {
    this.#deployment = deployment
    this.#session = session
    stubUploads(deployment, proxy)
    this.auth = createLiveAuthClient(proxy, session.fetch)
    this.#page = new LivePage(proxy, { authClient: this.auth.authClient })
    const used = this.#page.run(() => ({
      tasks: useAuthedQuery(api.tasks.list),
      whoami: useConvexQuery(api.users.whoami),
      add: useConvexMutation(api.tasks.add, {
        optimisticUpdate: (queries, { text }) => {
          const tasks = queries.getQuery(api.tasks.list, {})
          if (tasks)
            queries.setQuery(api.tasks.list, {}, [...tasks, { _id: `hoped ${text}` as any, _creationTime: Date.now(), owner: session.userId, text, done: false }])
        },
      }),
      save: useConvexMutation(api.files.saveOwn),
      upload: useConvexUpload(api.files.generateOwnUploadUrl, { retries: 20 }),
      storeText: useConvexAction(api.files.storeText),
    }))
    this.tasks = used.tasks
    this.whoami = used.whoami
    this.upload = used.upload
    this.storeText = used.storeText
    this.#add = used.add
    this.#save = used.save
    this.statuses = recordTicks(() => this.convex.auth.status.value)
  }

  get convex() {
    return this.#page.convex
  }

  get texts(): string[] {
    return (this.tasks.data.value ?? []).map(({ text }) => text)
  }

  /**
   * Whether the page is up to date: the user is authenticated, no result is stale, no mutation is
   * pending, and the list contains the task of each mutation that did not fail.
   */
  get isUpToDate(): boolean {
    return this.convex.auth.status.value === 'authenticated'
      && this.tasks.status.value === 'success'
      && !this.tasks.isStale.value
      && this.whoami.data.value?.subject === this.#session.userId
      && this.ledger.every(({ outcome }) => outcome !== 'pending')
      && this.ledger.every(({ text, outcome }) => outcome === 'rejected' || this.texts.includes(text))
  }

  /** Adds a task and records the outcome. */
  mutate(): void {
    const entry: LedgerEntry = { text: `${this.#label} ${this.ledger.length}`, outcome: 'pending' }
    this.ledger.push(entry)
    this.#add.mutate({ text: entry.text }).then(
      () => entry.outcome = 'resolved',
      error => Object.assign(entry, { outcome: 'rejected', error }),
    )
  }

  async save(name: string, storageId: any): Promise<void> {
    await this.#save.mutate({ name, storageId })
  }

  /**
   * Checks that each call ran once and in order, that the page shows the results, and that the user
   * was never signed out.
   */
  async check(): Promise<void> {
    const rows = await this.#deployment.query(api.tasks.list, {}, { identity: { subject: this.#session.userId } })
    expect(this.ledger.filter(({ outcome }) => outcome !== 'resolved')).toEqual([])
    const called = this.ledger.map(({ text }) => text)
    expect(rows.map(({ text }) => text).filter(text => text.startsWith(this.#label))).toEqual(called)
    expect(this.tasks.data.value).toEqual(rows)
    expect(this.statuses.join()).not.toContain('unauthenticated')
  }

  /**
   * Waits until the page has recovered, and checks it. Returns the time until the recovery on the
   * page's clock, in milliseconds.
   */
  async recover(time: LockstepTime, limitMs: number): Promise<number> {
    const elapsed = await time.until(() => this.isUpToDate, limitMs)
    await this.check()
    return elapsed
  }

  close(): Promise<void> {
    return this.#page.close()
  }
}

/**
 * Sends uploads through the proxy, since upload URLs contain the address of the deployment itself.
 */
function stubUploads(deployment: Deployment, proxy: FaultProxy): void {
  vi.stubGlobal('XMLHttpRequest', class extends NodeXhr {
    override open(method: string, url: string): void {
      super.open(method, url.replace(deployment.url, proxy.url))
    }
  })
}
