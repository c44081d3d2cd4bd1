/** The outbox of one plugin: opens the queue of the current user, and stores the user's calls. */
import type { ShallowRef } from 'vue'
import type { EndWork } from '../client/call-registry.ts'
import type { ConnectedOutbox, OutboxPage } from '../plugin/outbox.ts'
import type { OutboxDatabase } from './outbox-database.ts'
import type { Caller, UserQueue } from './user-queue.ts'
import { computed, shallowRef } from 'vue'
import { diagnose } from '../errors/diagnose.ts'
import { IdentityChangedError } from '../errors/identity-changed-error.ts'
import { reportError } from '../reactivity/run-user-callback.ts'
import { toConvexArgs } from '../shared/convex-args.ts'
import { createKey } from './create-key.ts'
import { hashOwner } from './hash-owner.ts'
import { openUserQueue } from './user-queue.ts'

/** The queue of the current user. An identity change ends it. */
interface Session {
  readonly userId: string
  /** Set when the queue is created. */
  queue?: UserQueue
  /** The queue, once it has read the database. */
  readonly opened: ShallowRef<UserQueue | undefined>
  /** The reason why the latest attempt to open the queue has failed. */
  readonly error: ShallowRef<Error | undefined>
  opening?: Promise<UserQueue> | undefined
}

export interface ConnectedOutboxOptions extends OutboxPage {
  database: OutboxDatabase
  /** Whether the stored calls of a user are removed when the user signs out. */
  clearsOnSignOut: boolean
}

export function connectOutbox(options: ConnectedOutboxOptions): ConnectedOutbox {
  const { url, engine, clients, database, clearsOnSignOut } = options
  const session = shallowRef<Session>()
  /** Stores the calls in the order in which they were made. */
  let adding: Promise<unknown> = Promise.resolve()
  let onIdentityKnown: (() => void)[] = []
  let isClosed = false

  engine.subscribe(({ user }) => applyUser(user?.id, user !== undefined))
  applyUser(engine.state.user?.id, engine.state.user !== undefined)

  return {
    callsOf(userId) {
      const { value } = session
      return (value?.userId === userId && value?.opened.value?.calls) || []
    },
    error: computed(() => session.value?.error.value),
    add(call) {
      const { args } = toConvexArgs(call.args)
      const createdAt = Date.now()
      const key = createKey(createdAt)
      let caller!: Caller
      const result = new Promise<unknown>((resolve, reject) => {
        caller = { optimisticUpdate: call.optimisticUpdate, resolve, reject }
      })
      let progress: 'new' | 'storing' | 'ended' = 'new'
      const end: EndWork = (toError) => {
        caller.reject(toError(progress === 'new' ? 'notSent' : 'unknown'))
        progress = 'ended'
      }
      // The page warns a user who closes it before the call is stored.
      clients.calls.work.add(end)
      adding = adding
        .then(untilIdentityKnown)
        .then(async () => {
          if (progress !== 'new')
            return
          progress = 'storing'
          await store({ key, name: call.name, args, createdAt }, caller)
        })
        .catch(caller.reject)
        .finally(() => clients.calls.work.delete(end))
      return { result, isQueued: () => session.value?.opened.value?.isUnsent(key) ?? true }
    },
    discard: async id => await session.value?.opened.value?.discard(id) ?? false,
    retry: async id => await session.value?.opened.value?.retry(id) ?? false,
    close() {
      isClosed = true
      endSession(diagnose('CLOSED'))
      wakeCalls()
      void database.close()
    },
  }

  function applyUser(userId: string | undefined, isKnown: boolean): void {
    if (isClosed)
      return
    const previous = session.value?.userId
    if (previous !== undefined && previous !== userId) {
      endSession(new IdentityChangedError('unknown'))
      if (clearsOnSignOut && isKnown)
        report(hashOwner(url, previous).then(database.clear))
    }
    if (userId !== undefined && session.value?.userId !== userId) {
      session.value = { userId, opened: shallowRef(), error: shallowRef() }
      // The error is in the state, and each call that cannot be stored rejects with it.
      openQueue(session.value).catch(() => {})
    }
    if (isKnown)
      wakeCalls()
  }

  function endSession(error: Error): void {
    const queue = session.value?.queue
    session.value = undefined
    queue?.close(error)
  }

  async function store(call: Parameters<UserQueue['add']>[0], caller: Caller): Promise<void> {
    if (isClosed)
      throw diagnose('CLOSED')
    if (!session.value)
      throw diagnose('OUTBOX_ANONYMOUS')
    const queue = await openQueue(session.value)
    try {
      await queue.add(call, caller)
    }
    catch (cause) {
      throw diagnose('OUTBOX_UNAVAILABLE', undefined, cause)
    }
  }

  /** Opens the queue, unless it is open. The next call repeats an attempt that has failed. */
  function openQueue(own: Session): Promise<UserQueue> {
    return own.opening ??= open(own).catch((cause) => {
      own.opening = undefined
      own.queue?.close(cause)
      own.error.value = diagnose('OUTBOX_UNAVAILABLE', undefined, cause)
      throw own.error.value
    })
  }

  async function open(own: Session): Promise<UserQueue> {
    const { userId } = own
    const owner = await hashOwner(url, userId)
    const isCurrent = (): boolean => session.value === own && engine.state.user?.id === userId
    if (!isCurrent())
      throw new IdentityChangedError('notSent')
    const queue = openUserQueue({ userId, owner, isCurrent, database, clients })
    own.queue = queue
    await queue.sync()
    own.opened.value = queue
    own.error.value = undefined
    return queue
  }

  async function untilIdentityKnown(): Promise<void> {
    if (!isClosed && engine.state.user === undefined)
      await new Promise<void>(resolve => onIdentityKnown.push(resolve))
  }

  function wakeCalls(): void {
    onIdentityKnown.forEach(resolve => resolve())
    onIdentityKnown = []
  }
}

function report(work: Promise<unknown>): void {
  work.catch(reportError)
}
