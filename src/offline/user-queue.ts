/** The stored calls of one user in one tab: sends them in order, and reports their outcomes. */
import type { Value } from 'convex/values'
import type { IdentityClients } from '../client/identity-clients.ts'
import type { Call } from '../client/pending-call.ts'
import type { OutboxCall } from '../plugin/outbox.ts'
import type { NewCall, OutboxDatabase } from './outbox-database.ts'
import type { OutgoingCall } from './outgoing-call.ts'
import type { QueueEvent, StoredCall } from './queue-state.ts'
import type { Outcome, TabMessage } from './tab-channel.ts'
import { effectScope, shallowRef, watch } from 'vue'
import { diagnose } from '../errors/diagnose.ts'
import { reportError } from '../reactivity/run-user-callback.ts'
import { createKey } from './create-key.ts'
import { createDiscardRequests } from './discard-requests.ts'
import { startOutgoingCall } from './outgoing-call.ts'
import { dueCalls, EMPTY_QUEUE, hasWork, transition } from './queue-state.ts'
import { createQueueView } from './queue-view.ts'
import { createSenderLock } from './sender-lock.ts'
import { fromStoredError, isExpired, isInterruption, toStoredError } from './stored-error.ts'
import { openTabChannel } from './tab-channel.ts'

/** The caller of `mutate` in this tab, until the call has settled. */
export interface Caller {
  optimisticUpdate: Call['optimisticUpdate']
  resolve: (result: unknown) => void
  reject: (error: Error) => void
}

export interface UserQueue {
  /** Reactive. */
  readonly calls: readonly OutboxCall[]
  /** Reads the database, and sends the due calls. Rejects if the database cannot be read. */
  sync: () => Promise<void>
  /** Resolves when the call is stored. */
  add: (call: Omit<NewCall, 'owner'>, caller: Caller) => Promise<void>
  /** Whether the call has certainly not been sent. Reactive. */
  isUnsent: (key: string) => boolean
  discard: (id: number) => Promise<boolean>
  retry: (id: number) => Promise<boolean>
  /** Stops sending. The calls remain stored, and their callers in this tab receive the error. */
  close: (error: Error) => void
}

export interface UserQueueOptions {
  userId: string
  /** The name under which the user's calls are stored. */
  owner: string
  /** Whether this user is the current user. If not, nothing is sent. */
  isCurrent: () => boolean
  database: OutboxDatabase
  clients: IdentityClients
}

export function openUserQueue(options: UserQueueOptions): UserQueue {
  const { userId, owner, isCurrent, database, clients } = options
  const state = shallowRef(EMPTY_QUEUE)
  const outgoing = new Map<string, OutgoingCall>()
  const callers = new Map<string, Caller>()
  const discards = createDiscardRequests()
  /** All changes of the database that this tab has begun. */
  let writes: Promise<unknown> = Promise.resolve()
  let isChanged = false
  let syncing: Promise<void> | undefined
  let isClosed = false
  const tabs = openTabChannel(`convue-outbox:${owner}`, onMessage)
  const lock = createSenderLock(`convue-outbox:${owner}`, () => report(sync()))
  const scope = effectScope(true)

  const view = createQueueView(state, outgoing, clients)
  const postSent = (keys: string): void => tabs.post({ type: 'sent', keys: keys.split(' ') })
  scope.run(() => watch(view.sentKeys, postSent, { flush: 'sync' }))
  tabs.post({ type: 'opened' })

  return {
    get calls() {
      return view.calls.value
    },
    sync,
    async add(call, caller) {
      callers.set(call.key, caller)
      // This tab requests the lock before other tabs can know of the call, since only the tab that
      // made the call can show its optimistic update.
      lock.setWanted(!isClosed)
      try {
        await write(() => database.add({ ...call, owner }))
      }
      catch (error) {
        callers.delete(call.key)
        releaseUnlessBusy()
        throw error
      }
      report(sync())
    },
    isUnsent: view.isUnsent,
    async discard(id) {
      const call = find(id)
      if (!call)
        return false
      if (call.error)
        return discardHere(call)
      const discarded = requestDiscard(call.key)
      if (!lock.held)
        tabs.post({ type: 'discard', key: call.key })
      return await discarded
    },
    async retry(id) {
      const call = find(id)
      if (!call?.error)
        return false
      dispatch({ type: 'retried', key: call.key })
      await write(() => database.update(call.sequence, {
        error: undefined,
        ...isExpired(call.error) && { key: createKey(Date.now()) },
      }))
      await sync()
      return true
    },
    close(error) {
      isClosed = true
      scope.stop()
      lock.setWanted(false)
      tabs.close()
      callers.forEach(({ reject }) => reject(error))
      callers.clear()
      discards.answerAll(() => false)
    },
  }

  function dispatch(event: QueueEvent): void {
    state.value = transition(state.value, event)
  }

  function find(id: number): StoredCall | undefined {
    return state.value.calls.find(({ sequence }) => sequence === id)
  }

  /** Runs a change of the database after the changes before it, and announces it. */
  function write<T>(change: () => Promise<T>): Promise<T> {
    const written = writes.then(change)
    writes = written.catch(() => {})
    return written.finally(() => {
      if (!isClosed)
        tabs.post({ type: 'changed' })
    })
  }

  function sync(): Promise<void> {
    isChanged = true
    return syncing ??= readChanges()
  }

  async function readChanges(): Promise<void> {
    try {
      while (isChanged) {
        isChanged = false
        await read()
      }
    }
    finally {
      // Reset in the same tick in which the loop ends: a later change must start another loop.
      syncing = undefined
    }
  }

  async function read(): Promise<void> {
    await writes
    // Calls that were read before this tab received the lock may be outdated: the previous sender
    // may have changed them since.
    const { held } = lock
    const stored = await database.list(owner)
    if (isClosed)
      return
    dispatch({ type: 'loaded', calls: stored, isSender: !!held && lock.held === held })
    work()
  }

  function work(): void {
    if (!isCurrent())
      return
    dueCalls(state.value).forEach(send)
    if (state.value.isSender)
      discards.answerAll(discardKey)
    if (hasWork(state.value))
      lock.setWanted(true)
    else
      void writes.then(releaseUnlessBusy)
  }

  /** The next sender reads the database, so this tab releases the lock after its last write. */
  function releaseUnlessBusy(): void {
    if (isClosed || hasWork(state.value))
      return
    lock.setWanted(false)
    dispatch({ type: 'lockReleased' })
  }

  function send(call: StoredCall): void {
    const started = startOutgoingCall(clients, call, userId, callers.get(call.key)?.optimisticUpdate)
    outgoing.set(call.key, started)
    dispatch({ type: 'passed', key: call.key })
    started.result.then(value => onResult(call, value as Value), error => onError(call, error))
  }

  function onResult(call: StoredCall, value: Value): void {
    outgoing.delete(call.key)
    end(call, { kind: 'result', value })
  }

  function onError(call: StoredCall, error: Error): void {
    outgoing.delete(call.key)
    if (isClosed || isInterruption(error) || state.value.ended.has(call.key))
      return
    const stored = toStoredError(error, call.name)
    settle(call.key, { kind: 'error', error: stored })
    tabs.post({ type: 'settled', key: call.key, outcome: { kind: 'error', error: stored } })
    report(write(() => database.update(call.sequence, { error: stored })))
    work()
  }

  /** The call has run or was discarded: removes it. */
  function end(call: StoredCall, outcome: Outcome): void {
    dispatch({ type: 'ended', key: call.key })
    settle(call.key, outcome)
    report(write(() => database.remove(call.sequence)))
    if (isClosed)
      return
    tabs.post({ type: 'settled', key: call.key, outcome })
    work()
  }

  /** Passes the outcome to the caller in this tab, if this tab has made the call. */
  function settle(key: string, outcome: Outcome): void {
    const isFailure = outcome.kind === 'error' && outcome.error.kind !== 'discarded'
    if (isFailure)
      dispatch({ type: 'failed', key, error: outcome.error })
    else
      dispatch({ type: 'ended', key })
    const caller = callers.get(key)
    callers.delete(key)
    if (outcome.kind === 'result')
      caller?.resolve(outcome.value)
    else
      caller?.reject(fromStoredError(outcome.error))
  }

  /** Must be called only for a failed call, or by the sender. */
  function discardHere(call: StoredCall): boolean {
    const started = outgoing.get(call.key)
    if (started && !started.withdraw(diagnose('OUTBOX_DISCARDED')))
      return false
    end(call, { kind: 'error', error: { kind: 'discarded' } })
    return true
  }

  function discardKey(key: string): boolean {
    const call = state.value.calls.find(call => call.key === key)
    return !!call && discardHere(call)
  }

  /** Only the sender knows whether a call was sent. */
  function requestDiscard(key: string): Promise<boolean> {
    const discarded = discards.add(key)
    if (state.value.isSender)
      discards.answerAll(discardKey)
    return discarded
  }

  function onMessage(message: TabMessage): void {
    switch (message.type) {
      case 'changed':
        return report(sync())
      case 'opened':
        if (lock.held)
          postSent(view.sentKeys.value)
        return
      case 'sent':
        return dispatch({ type: 'otherTabSent', keys: message.keys })
      case 'settled':
        return settle(message.key, message.outcome)
      case 'discard':
        if (lock.held)
          void requestDiscard(message.key).then(isDiscarded => answerTab(message.key, isDiscarded))
        return
      case 'discardAnswer':
        return discards.answer(message.key, message.isDiscarded)
      default:
        message satisfies never
    }
  }

  function answerTab(key: string, isDiscarded: boolean): void {
    if (!isClosed)
      tabs.post({ type: 'discardAnswer', key, isDiscarded })
  }
}

/**
 * Reports an error of the database like any uncaught error. Nothing else is necessary: a call that
 * is sent again runs only once.
 */
function report(work: Promise<unknown>): void {
  work.catch(reportError)
}
