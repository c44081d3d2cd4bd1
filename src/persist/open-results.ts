/** The stored results of one page: decides which may be shown, and when results are written. */
import type { Value } from 'convex/values'
import type { QueryDescriptor } from '../shared/query-descriptor.ts'
import type { Cancel } from '../shared/schedule.ts'
import type { ResultStorePage, StoredResults } from '../store/result-store.ts'
import type { AuthState } from '../token/auth-state.ts'
import type { Owner, OwnerRecord, ResultChange } from './result-database.ts'
import type { StoreSettings } from './store-settings.ts'
import type { Tabs } from './tabs.ts'
import { runUserCallback } from '../reactivity/run-user-callback.ts'
import { schedule } from '../shared/schedule.ts'
import { resultKey } from '../ssr/ssr-results.ts'
import { DatabaseQueue } from './database-queue.ts'
import { Memory, writeResult } from './memory.ts'
import { isUser, ownerOfUser } from './result-database.ts'
import { readStoreKey, SessionKey } from './session-key.ts'
import { connectTabs } from './tabs.ts'

/** How long results are collected before they are written, in milliseconds. */
const WRITE_DELAY_MS = 500

/** The right to write results of the current user. */
interface Claim {
  /** The stamp of the user's record; missing until the database is prepared for the user. */
  stamp?: string
}

/**
 * Results of a user are shown in two cases only:
 *
 * - The identity is not known yet, and the companion cookie contains the key of the stored results.
 *   The page then expects the user of these results.
 * - The user is the current user.
 */
export class OpenResults implements StoredResults {
  readonly #page: ResultStorePage
  readonly #settings: StoreSettings
  readonly #memory: Memory
  readonly #database: DatabaseQueue
  readonly #tabs: Tabs
  readonly #sessionKey: SessionKey
  /** Results that have not been written yet; `undefined` for a query that has failed. */
  readonly #unwritten = new Map<Owner, Map<string, Value | undefined>>()
  #state: AuthState | undefined
  /** The user whose results the database contained when the page was opened. */
  #storedUser: Owner | undefined
  /** Whether the companion cookie contains the key of the results of `#storedUser`. */
  #isKeyRight = false
  #isUserExpected = false
  #claim: Claim | undefined
  /** The session that the provider had reported when another tab deleted the user's results. */
  #sessionAtDeletion: AuthState['lastReportedSession'] | undefined
  #cancelWrite: Cancel | undefined
  #isClosed = false

  constructor(page: ResultStorePage, settings: StoreSettings) {
    this.#page = page
    this.#settings = settings
    this.#memory = new Memory(settings)
    this.#database = new DatabaseQueue(page.url, settings)
    this.#sessionKey = new SessionKey(page.sessionToken, settings.cookiePrefix)
    this.#tabs = connectTabs(`convue results:${settings.name}:${page.url}`, owner => this.#onDeletedElsewhere(owner))
    window.addEventListener('pagehide', this.#write)
    document.addEventListener('visibilitychange', this.#write)
    // The cookie is read now: the session may change while the database is being opened.
    void this.#load(readStoreKey(settings.cookiePrefix))
  }

  get isUserExpected(): boolean {
    return this.#isUserExpected
  }

  take(query: QueryDescriptor): Value | undefined {
    const owner = this.#ownerToShow(query)
    if (!owner || !isStorable(query))
      return undefined
    const key = resultKey(query)
    const unwritten = this.#unwritten.get(owner)
    return unwritten?.has(key) ? unwritten.get(key) : this.#memory.get(owner, key)
  }

  put(query: QueryDescriptor, value: Value | undefined, isAnonymous: boolean): void {
    const owner = this.#ownerOf(query, isAnonymous)
    if (!owner || !isStorable(query) || !runUserCallback(() => this.#settings.filter(query)))
      return
    const results = this.#unwritten.get(owner) ?? new Map<string, Value | undefined>()
    this.#unwritten.set(owner, results)
    results.set(resultKey(query), value)
    this.#cancelWrite ??= schedule(this.#write, WRITE_DELAY_MS)
  }

  setIdentity(state: AuthState): boolean {
    const previousOwner = this.#currentUser
    const wasKnown = !!this.#state && this.#state.user !== undefined
    const wasExpected = this.#isUserExpected
    this.#state = state
    const isNews = state.user !== undefined && (!wasKnown || previousOwner !== this.#currentUser)
    if (isNews)
      this.#endOtherUsers(previousOwner)
    this.#updateExpectation()
    this.#claimUser()
    return isNews && !wasKnown && wasExpected && !this.#storedUser
  }

  close(): void {
    this.#write()
    this.#isClosed = true
    this.#tabs.close()
    window.removeEventListener('pagehide', this.#write)
    document.removeEventListener('visibilitychange', this.#write)
    this.#database.close()
  }

  /** The current user; `undefined` if the page is anonymous or the identity is unknown. */
  get #currentUser(): Owner | undefined {
    const user = this.#state?.user
    return user ? ownerOfUser(user.id) : undefined
  }

  #ownerOf({ auth }: QueryDescriptor, isAnonymous: boolean): Owner | undefined {
    if (auth === 'public')
      return 'public'
    return isAnonymous ? 'anonymous' : this.#currentUser
  }

  #ownerToShow(query: QueryDescriptor): Owner | undefined {
    const { user, status, anonymousTimedOut } = this.#state ?? { user: undefined, status: 'loading' }
    if (query.auth === 'public')
      return 'public'
    if (this.#isUserExpected)
      return this.#storedUser
    const runsAnonymously = user === null || (status === 'loading' && anonymousTimedOut)
    if (query.auth === 'optional' && runsAnonymously)
      return 'anonymous'
    return this.#currentUser
  }

  async #load(key: string | null): Promise<void> {
    // With another key, the session was replaced or has ended while no tab was open. Results of
    // that session are not shown, even to the same user.
    const isOutdated = (record: OwnerRecord): boolean =>
      record.version !== this.#settings.version || (record.key !== null && record.key !== key)
    const stored = await this.#database.run(async (database) => {
      const stored = await database.read()
      if (stored.owners.some(isOutdated))
        await database.delete(isOutdated)
      return stored
    })
    await this.#settings.readAfter
    if (!stored || this.#isClosed)
      return
    const records = stored.owners.filter(record => !isOutdated(record) && this.#mayLoad(record.owner))
    const userRecord = records.find(({ owner }) => isUser(owner))
    this.#storedUser = userRecord?.owner
    this.#isKeyRight = key !== null && userRecord?.key === key
    const owners = new Set(records.map(({ owner }) => owner))
    for (const { owner, query, ...result } of stored.results) {
      if (owners.has(owner))
        this.#memory.add(owner, query, result)
    }
    this.#updateExpectation()
    this.#page.onChange(false)
  }

  /** Whether it is still possible that the owner is the current user. */
  #mayLoad(owner: Owner): boolean {
    const isKnown = !!this.#state && this.#state.user !== undefined
    return !isUser(owner) || !isKnown || owner === this.#currentUser
  }

  #updateExpectation(): void {
    const { user, status, anonymousTimedOut } = this.#state ?? { user: undefined, status: 'loading' }
    const isRight = user === undefined ? this.#isKeyRight : this.#storedUser === this.#currentUser
    // If queries already run anonymously, the page would show anonymous results and results of a
    // user at the same time.
    const mayBegin = this.#isUserExpected || !anonymousTimedOut
    this.#isUserExpected = !!this.#storedUser && isRight && status === 'loading' && mayBegin
  }

  /** Deletes the results of all users except the current user, in memory and in the database. */
  #endOtherUsers(previous: Owner | undefined): void {
    const current = this.#currentUser
    for (const owner of new Set([previous, this.#storedUser])) {
      if (owner && owner !== current) {
        this.#forget(owner)
        this.#tabs.announce(owner)
      }
    }
    this.#claim = undefined
    this.#sessionAtDeletion = undefined
    void this.#database.run(database => database.delete(({ owner }) => isUser(owner) && owner !== current))
  }

  #forget(owner: Owner): void {
    this.#memory.deleteOwner(owner)
    this.#unwritten.delete(owner)
    if (this.#storedUser === owner)
      this.#storedUser = undefined
  }

  #onDeletedElsewhere(owner: unknown): void {
    const isCurrent = owner === this.#currentUser
    if (!isCurrent && (owner === undefined || owner !== this.#storedUser))
      return
    const mustForget = this.#isUserExpected && !isCurrent
    this.#forget(owner as Owner)
    this.#giveUp(this.#claim)
    this.#updateExpectation()
    this.#page.onChange(mustForget)
  }

  /** Stops writing results of the current user: another tab has deleted them. */
  #giveUp(claim: Claim | undefined): void {
    if (this.#claim !== claim)
      return
    this.#claim = undefined
    this.#sessionAtDeletion = this.#state?.lastReportedSession
  }

  /**
   * Prepares the database for the current user. If another tab has deleted the user's results, the
   * provider must report the session again first.
   */
  #claimUser(): void {
    const { status, lastReportedSession } = this.#state!
    const owner = this.#currentUser
    const isUnconfirmed = this.#sessionAtDeletion !== undefined && this.#sessionAtDeletion === lastReportedSession
    if (!owner || this.#claim || status !== 'authenticated' || isUnconfirmed)
      return
    const claim: Claim = {}
    this.#claim = claim
    void this.#database.run(async (database) => {
      // Another tab may have deleted the results while the queue was waiting.
      if (this.#claim === claim)
        claim.stamp = await database.claim(owner)
    })
  }

  /** Writes the results that have been collected. */
  readonly #write = (): void => {
    this.#cancelWrite?.()
    this.#cancelWrite = undefined
    for (const [owner, results] of this.#unwritten)
      this.#save(owner, new Map([...results].map(([query, value]) => [query, this.#toChange(query, value)])))
    this.#unwritten.clear()
    this.#memory.trim()
  }

  #toChange(query: string, value: Value | undefined): ResultChange | null {
    const text = value === undefined ? undefined : writeResult(value)
    if (text === undefined || query.length + text.length > this.#settings.maxCharacters)
      return null
    return { text, storedAt: Date.now() }
  }

  #save(owner: Owner, changes: Map<string, ResultChange | null>): void {
    this.#memory.apply(owner, changes)
    const claim = isUser(owner) ? this.#claim : null
    if (claim === undefined)
      return
    const userId = this.#state?.user?.id
    void this.#database.run(async (database) => {
      if (!claim)
        await database.write(owner, null, undefined, changes)
      else if (claim.stamp && !await database.write(owner, claim.stamp, await this.#sessionKey.of(userId!), changes))
        this.#giveUp(claim)
    })
  }
}

/**
 * Whether the result of a query can be stored. Of a paginated query, only the first page can be
 * stored: the arguments of the other pages differ at each visit.
 */
function isStorable({ args }: QueryDescriptor): boolean {
  const { id, cursor, endCursor } = args.paginationOpts as PageRequest | undefined ?? {}
  return id === undefined || (cursor === null && endCursor === undefined)
}

interface PageRequest { id?: number, cursor?: string | null, endCursor?: string }
