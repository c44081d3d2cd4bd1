/** The data of a deployment: one `convex-test` instance for the app and its components. */
import type { GenericActionCtx, SchemaDefinition } from 'convex/server'
import type { Value } from 'convex/values'
import type { FunctionModule, LoadedComponent } from './bundle.ts'
import type { TestAccessor, TestInstance, TestState, TransactionCtx } from './convex-test.ts'
import type { Frames } from './execution.ts'
import type { Identity } from './identity.ts'
import type { ScheduledRun } from './instrumented-function.ts'
import type { PageSource, ResolvedQueries } from './paginate.ts'
import type { FunctionKind } from './registered-function.ts'
import type { FileUrls } from './syscalls.ts'
import type { Change } from './tracking.ts'
import { AsyncLocalStorage } from 'node:async_hooks'
import { makeFunctionReference } from 'convex/server'
import { clock, inCleanContext } from './clock.ts'
import { revealState } from './convex-test.ts'
import { Execution } from './execution.ts'
import { instrumentFunction } from './instrumented-function.ts'
import { paginate } from './paginate.ts'
import { importPeer } from './peers.ts'
import { isRegisteredFunction } from './registered-function.ts'
import { wrapSyscalls } from './syscalls.ts'
import { tableOf } from './tracking.ts'

type Args = Record<string, Value>
type ConvexTest = typeof import('convex-test').convexTest

/** The events that the database reports, and the addresses that it needs. */
export interface DatabaseHost extends FileUrls {
  /**
   * Called after each commit of a transaction, synchronously, before other functions can run on the
   * new data.
   */
  onCommit: (changes: Change[]) => void
  /** Called when a scheduled function ends. */
  onScheduledRun: (run: ScheduledRun) => void
}

/**
 * The data of one deployment, and its functions: an instance of convex-test, with additions that a
 * server needs.
 */
export class Database {
  readonly #convexTest: ConvexTest
  readonly #test: TestInstance
  readonly #state: TestState
  readonly #host: DatabaseHost
  readonly #frames: Frames = new AsyncLocalStorage()
  /** The queries that pages of each component have read since the last commit. */
  #resolvedQueries = new WeakMap<PageSource, ResolvedQueries>()

  static async open(components: LoadedComponent[], host: DatabaseHost): Promise<Database> {
    const { convexTest } = await importPeer('convex-test', () => import('convex-test'))
    return new Database(convexTest, components, host)
  }

  private constructor(convexTest: ConvexTest, components: LoadedComponent[], host: DatabaseHost) {
    this.#convexTest = convexTest
    this.#host = host
    const { test, state } = this.#instantiate(components)
    this.#test = test
    this.#state = state
    // Timestamps must be later than the timestamps of a previous deployment on the same port.
    // Otherwise its clients could not reconnect.
    state.transactionManager._lastCommitTs = BigInt(clock.now()) * 1_000_000n
    this.#watchCommits()
    wrapSyscalls(state, { ...host, frames: this.#frames, transaction: (component, body) => this.#transaction(component, body) })
  }

  /** The timestamp of the last commit, in nanoseconds since 1970. It never decreases. */
  get timestamp(): bigint {
    return this.#state.transactionManager._lastCommitTs
  }

  /**
   * Runs queries on one snapshot of the data: no commit happens until `body` has resolved.
   *
   * @returns the snapshot's timestamp.
   */
  async snapshot(
    identity: Identity,
    body: (run: (name: string, args: Args, execution: Execution) => Promise<Value>) => Promise<void>,
  ): Promise<bigint> {
    let timestamp = this.timestamp
    await this.#enter('query', new Execution(), () => this.#as(identity).query(async (ctx) => {
      timestamp = this.timestamp
      await body((name, args, execution) => this.#frames.run(
        { execution, component: '', kind: 'query', depth: 0 },
        () => ctx.runQuery(makeFunctionReference<'query'>(name), args),
      ))
      return null
    }))
    return timestamp
  }

  async mutation(identity: Identity, name: string, args: Args, execution: Execution): Promise<Value> {
    return await this.#enter('mutation', execution, () => this.#as(identity).mutation(makeFunctionReference<'mutation'>(name), args))
  }

  async action(identity: Identity, name: string, args: Args, execution: Execution): Promise<Value> {
    return await this.#enter('action', execution, () => this.#as(identity).action(makeFunctionReference<'action'>(name), args))
  }

  async httpAction(identity: Identity, body: (ctx: GenericActionCtx<any>) => Promise<Response>): Promise<Response> {
    let response: Response | undefined
    await this.#enter('action', new Execution(), () => this.#as(identity).action(async (ctx) => {
      response = await body(ctx)
      return null
    }))
    return response!
  }

  /** Stores a file in a separate transaction. */
  async storeFile(component: string, file: Blob): Promise<string> {
    return await this.#transaction(component, ctx => ctx.storage.store(file))
  }

  readFile(component: string, storageId: string): Blob | null {
    return this.#state.components[component]?.db.getFile(storageId) ?? null
  }

  /** Resolves once all scheduled functions that have started have ended. */
  async finishScheduled(): Promise<void> {
    await this.#test.finishInProgressScheduledFunctions()
  }

  /** Replaces the functions and schemas, and keeps the data. */
  async replaceFunctions(components: LoadedComponent[]): Promise<void> {
    const { state } = this.#instantiate(components)
    while (this.#state.transactionManager._waitOnCurrentFunction)
      await this.#state.transactionManager._waitOnCurrentFunction
    this.#resolvedQueries = new WeakMap()
    for (const [path, { db, modules }] of Object.entries(state.components)) {
      const existing = this.#state.components[path]
      if (existing) {
        existing.modules = modules
        existing.db._schema = db._schema
      }
      else {
        this.#state.components[path] = { db, modules }
      }
    }
  }

  #instantiate(components: LoadedComponent[]): { test: TestInstance, state: TestState } {
    const [app, ...installed] = components as [LoadedComponent, ...LoadedComponent[]]
    const test = this.#convexTest({
      schema: app.schema as SchemaDefinition<any, boolean> | undefined,
      modules: this.#moduleLoaders(app),
    })
    for (const component of installed)
      test.registerComponent(component.path, (component.schema ?? null) as SchemaDefinition<any, boolean>, this.#moduleLoaders(component))
    const state = revealState(test)
    for (const { db } of Object.values(state.components)) {
      db.paginate = (request) => {
        const resolved = this.#resolvedQueries.get(db) ?? new Map()
        this.#resolvedQueries.set(db, resolved)
        return paginate(db, request, resolved)
      }
    }
    return { test: test as unknown as TestInstance, state }
  }

  /** One name must contain `_generated`, by which convex-test finds the root of the modules. */
  #moduleLoaders(component: LoadedComponent): Record<string, () => Promise<FunctionModule>> {
    const frames = this.#frames
    const { onScheduledRun } = this.#host
    const loaders: Record<string, () => Promise<FunctionModule>> = { './_generated/api.js': async () => ({}) }
    for (const [name, module] of component.loaded) {
      const instrumented = Object.fromEntries(Object.entries(module).map(([key, value]) =>
        [key, isRegisteredFunction(value) ? instrumentFunction(value, { component: component.path, name: `${name}:${key}`, frames, onScheduledRun }) : value]))
      loaders[`./${name}.js`] = async () => instrumented
    }
    return loaders
  }

  #as(identity: Identity): TestAccessor {
    return identity ? this.#test.withIdentity(identity) : this.#test
  }

  async #enter<Result>(kind: FunctionKind, execution: Execution, body: () => Promise<Result>): Promise<Result> {
    return await inCleanContext(() => this.#frames.run({ execution, component: '', kind, depth: 0 }, body))
  }

  async #transaction<Result>(component: string, body: (ctx: TransactionCtx) => Promise<Result>): Promise<Result> {
    return await this.#enter('mutation', new Execution(), () => this.#test.runInComponent(component, body))
  }

  /**
   * Reports the changes of each commit. Changes of nested transactions are part of the outermost
   * commit, and changes that were rolled back are not reported.
   */
  #watchCommits(): void {
    const { components, transactionManager } = this.#state
    const commit = transactionManager.commit.bind(transactionManager)
    transactionManager.commit = (isNested) => {
      if (isNested)
        return commit(isNested)
      const changes = Object.entries(components).flatMap(([component, { db }]) => Object.keys(db._writes.at(-1) ?? {}).map(id =>
        ({ component, table: tableOf(id), id, before: db._documents[id] ?? null })))
      const timestamp = commit(isNested)
      this.#resolvedQueries = new WeakMap()
      const frame = this.#frames.getStore()
      if (frame)
        frame.execution.commitTs = timestamp
      this.#host.onCommit(changes.map(({ id, ...change }) => ({ ...change, after: components[change.component]!.db._documents[id] ?? null })))
      return timestamp
    }
  }
}
