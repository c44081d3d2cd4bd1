import type { Reaction } from './commands.ts'
import type { ModelPage } from './model-page.ts'
import type { Identity } from './shown-query.ts'
import { IdentityChangedError } from 'convue'

/** One call of a mutation, an action or an upload, and its outcome on the page. */
export interface ModelCall {
  id: number
  kind: 'mutation' | 'action' | 'upload'
  caller: string | null | undefined
  /** Whether the function rejects the call. */
  isRejected: boolean
  outcome: 'pending' | { resolved: unknown } | { rejected: unknown }
}

/**
 * Errors that Convue cannot prevent: the connection breaks during an action, the deployment closes
 * it, or the file storage fails.
 */
const EXPECTED_ERRORS = {
  mutation: /CONNECTION_LOST/,
  action: /Connection lost|CONNECTION_LOST/,
  upload: /UPLOAD_FAILED|UPLOAD_CANCELLED|CONNECTION_LOST/,
}

export interface AppCodeOptions {
  page: ModelPage
  identity: Identity
  /** Changes the data of a topic on the server. */
  change: (topic: string) => void
  /** Whether a file was stored by a call of this user. @default always true */
  isFileOf?: (storageId: string, whose: string, id?: number) => boolean
  /** The id of the first call. @default 0 */
  firstId?: number
}

/** The code of an app on a page, and the outcome of each of its calls. */
export class AppCode {
  readonly calls: ModelCall[] = []
  /** How many calls of `refresh()` have not settled. */
  refreshes = 0
  readonly #latest = new Map<string, ModelCall>()
  readonly #options: Required<AppCodeOptions>

  constructor(options: AppCodeOptions) {
    this.#options = { isFileOf: () => true, firstId: 0, ...options }
  }

  run(command: Reaction): void {
    const { page, change } = this.#options
    switch (command.do) {
      case 'args':
        page.topics[command.slot]!.value = command.topic
        return
      case 'mount':
        return page.set(command.slot, command.view)
      case 'subscribe':
        return page.subscribe(command.view)
      case 'refresh':
        for (const shown of page.shown) {
          this.refreshes++
          void shown.refresh().then(() => this.refreshes--)
        }
        return
      case 'loadMore':
        for (const shown of page.shown)
          shown.loadMore?.()
        return
      case 'mutate': {
        const { topic, optimistic, whose } = command
        const call = this.#begin('mutation', whose === 'other')
        this.#latest.set(optimistic, call)
        return this.#settle(call, page.mutations[optimistic].mutate({ topic, id: call.id, ...(call.isRejected ? { owner: 'another user' } : {}) }))
      }
      case 'act': {
        const call = this.#begin('action')
        return this.#settle(call, page.action.run({ id: call.id }))
      }
      case 'upload': {
        const call = this.#begin('upload')
        const files = Array.from({ length: command.files }, (_, index) => new File(['x'.repeat(1 + index)], `file ${index}`))
        return this.#settle(call, page.upload.upload(files, { id: call.id }))
      }
      case 'cancelUploads':
        return page.upload.cancel()
      case 'change':
        return change(command.topic)
      default:
        command satisfies never
    }
  }

  /** The violated invariants about calls. `executions` are the calls that the server has run. */
  faultsOfCalls(executions: readonly { id: number, whose: string }[]): string[] {
    const faults: string[] = []
    const expect = (isRight: boolean, fault: string): unknown => isRight || faults.push(fault)
    for (const { id, kind, caller, isRejected, outcome } of this.calls) {
      const own = executions.filter(execution => execution.id === id)
      expect(own.length <= (isRejected ? 0 : 1), `${kind} ${id} has run ${own.length} times`)
      const whose = own[0]?.whose
      expect(whose === undefined || caller === undefined || whose === (caller ?? 'anonymous'), `${kind} of ${caller} has run as ${whose}`)
      if (outcome === 'pending')
        continue
      if ('resolved' in outcome) {
        const isRight = kind === 'upload'
          ? caller === undefined || (outcome.resolved as string[]).every(file => this.#options.isFileOf(file, caller ?? 'anonymous', id))
          : own.length === 1 && outcome.resolved === whose
        expect(isRight, `${kind} ${id} has the result ${outcome.resolved} and ran as ${whose}`)
        continue
      }
      const { rejected } = outcome
      if (rejected instanceof IdentityChangedError)
        expect(rejected.outcome === 'unknown' || own.length === 0, `${kind} ${id} has run, although it was reported as not sent`)
      else
        expect(EXPECTED_ERRORS[kind].test(String(rejected)) || (isRejected && /'s addition refused/.test(String(rejected))), `${kind} ${id} fails: ${rejected}`)
    }
    for (const [optimistic, { id }] of this.#latest) {
      const isQueued = this.#options.page.mutations[optimistic as 'none'].isQueued.value
      expect(!isQueued || !executions.some(execution => execution.id === id), `mutation ${id} has run, although it is queued`)
    }
    return faults
  }

  /** The violated invariants about the state of calls in one tick. */
  faultsOfTick(): string[] {
    const { page, identity, isFileOf } = this.#options
    const whose = identity.who ?? 'anonymous'
    return [
      ...[...Object.values(page.mutations), page.action].some(({ data }) => data.value !== undefined && data.value !== whose) ? ['the result of another user\'s call is shown'] : [],
      ...page.upload.uploads.value.some(upload => upload.status === 'success' && !isFileOf(upload.storageId, whose)) ? ['the upload of another user is shown'] : [],
    ]
  }

  /** The violated invariants in the tick of an identity change: no state of a call may remain. */
  faultsOfChange(): string[] {
    const { page } = this.#options
    const isIdle = [...Object.values(page.mutations), page.action].every(({ status, data, error }) =>
      status.value === 'idle' && data.value === undefined && error.value === undefined)
    const { uploads, isPending, progress } = page.upload
    const isEmpty = uploads.value.length === 0 && !isPending.value && progress.value === 0
    return [...isIdle ? [] : ['a call remains after an identity change'], ...isEmpty ? [] : ['an upload remains after an identity change']]
  }

  get pending(): string[] {
    return this.calls.filter(({ outcome }) => outcome === 'pending').map(({ id, kind }) => `${kind} ${id}`)
  }

  #begin(kind: ModelCall['kind'], isRejected = false): ModelCall {
    const { firstId, identity, page } = this.#options
    page.hasUsedUser = true
    const call: ModelCall = { id: firstId + this.calls.length, kind, caller: identity.who, isRejected, outcome: 'pending' }
    this.calls.push(call)
    return call
  }

  #settle(call: ModelCall, promise: Promise<unknown>): void {
    promise.then(
      resolved => call.outcome = { resolved },
      rejected => call.outcome = { rejected },
    )
  }
}
