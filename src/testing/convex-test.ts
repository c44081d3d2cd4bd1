/** The parts of `convex-test` that are used here, behind one import. */
import type { TestConvex } from 'convex-test'
import type { GenericActionCtx, GenericMutationCtx, GenericQueryCtx, makeFunctionReference } from 'convex/server'
import type { JSONValue, Value } from 'convex/values'
import type { Identity } from './identity.ts'
import type { DatabasePage, PageQuery, PageSource } from './paginate.ts'
import type { Document } from './tracking.ts'
import { AsyncLocalStorage } from 'node:async_hooks'
import { testingError } from './testing-error.ts'

/**
 * The parts of a `TestConvex` that are used here, without the types of an app. The types of
 * convex-test do not declare `runInComponent`.
 */
export interface TestAccessor {
  query: <Result>(body: (ctx: GenericQueryCtx<any>) => Promise<Result>) => Promise<Result>
  mutation: (reference: ReturnType<typeof makeFunctionReference<'mutation'>>, args: Record<string, Value>) => Promise<Value>
  action: {
    (reference: ReturnType<typeof makeFunctionReference<'action'>>, args: Record<string, Value>): Promise<Value>
    (body: (ctx: GenericActionCtx<any>) => Promise<null>): Promise<null>
  }
  finishInProgressScheduledFunctions: () => Promise<void>
  runInComponent: <Result>(component: string, body: (ctx: TransactionCtx) => Promise<Result>) => Promise<Result>
}

/**
 * The context of a transaction that is not a function: it may store files, which mutations may not.
 */
export type TransactionCtx = GenericMutationCtx<any> & Pick<GenericActionCtx<any>, 'storage'>

export interface TestInstance extends TestAccessor {
  withIdentity: (identity: NonNullable<Identity>) => TestAccessor
}

/**
 * The internals of convex-test that are used here. They are not documented, so the peer is pinned
 * to one version, and only this file, `database.ts` and `syscalls.ts` use them.
 */
export interface TestState {
  components: Record<string, { db: TestDatabase, modules: unknown }>
  transactionManager: {
    /** Nanoseconds since 1970. */
    _lastCommitTs: bigint
    _waitOnCurrentFunction: Promise<void> | null
    commit: (isNested: boolean) => bigint | null
  }
  syscall: (operation: string, json: string) => string
  asyncSyscall: (operation: string, json: string) => Promise<string>
  jsSyscall: (operation: string, args: Record<string, unknown>) => unknown
}

interface TestDatabase extends PageSource {
  paginate: (request: PageQuery) => DatabasePage
  _documents: Record<string, Document>
  /** The writes of each open transaction, the innermost last; `null` is a deletion. */
  _writes: Record<string, Document | null>[]
  _schema: unknown
  getFile: (storageId: string) => Blob | null
  patch: (table: string | undefined, id: string, value: Record<string, JSONValue>) => void
}

/**
 * convex-test has its state in an `AsyncLocalStorage` that it does not export. It calls `run` of
 * this storage for every call of a function. So `run` is replaced during one call that does
 * nothing, which provides the state. The call is synchronous, so no other deployment can call `run`
 * in the meantime.
 */
export function revealState(test: TestConvex<any>): TestState {
  const { prototype } = AsyncLocalStorage
  const { run } = prototype
  let revealed: TestState | undefined
  prototype.run = function (this: AsyncLocalStorage<unknown>, store: unknown, ...rest: [any, ...any[]]) {
    if (typeof store === 'object' && store !== null && 'transactionManager' in store)
      revealed = store as TestState
    return run.call(this, store, ...rest)
  } as typeof run
  try {
    void test.finishInProgressScheduledFunctions()
  }
  finally {
    prototype.run = run
  }
  if (!revealed)
    throw testingError('PEER_MISSING', 'wrongConvexTest')
  return revealed
}

type Syscalls = Pick<TestState, 'syscall' | 'asyncSyscall' | 'jsSyscall'>

/**
 * Defines the global `Convex` before functions are loaded, as a deployment does: modules read it
 * while they load, to detect where they run. convex-test only defines it with the first test, as an
 * object that cannot be read outside of a call.
 */
export function installConvexGlobal(): void {
  let installed: Syscalls | undefined
  const call = <Name extends keyof Syscalls>(name: Name): Syscalls[Name] => ((...args: [string, any]) => {
    if (!installed)
      throw new Error('A module calls Convex while it loads. Only functions can.')
    return (installed[name] as (...args: [string, any]) => unknown)(...args)
  }) as Syscalls[Name]
  const convex: Syscalls = { syscall: call('syscall'), asyncSyscall: call('asyncSyscall'), jsSyscall: call('jsSyscall') }
  Object.defineProperty(globalThis, 'Convex', {
    configurable: true,
    enumerable: true,
    get: () => convex,
    set: (syscalls: Syscalls) => installed = syscalls,
  })
}
