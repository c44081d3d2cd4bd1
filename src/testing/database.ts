import type { GenericActionCtx, SchemaDefinition } from 'convex/server'
import type { Value } from 'convex/values'
import type { FunctionModule, LoadedComponent } from './bundle.ts'
import type { TestAccessor, TestInstance, TestState, TransactionCtx } from './convex-test.ts'
import type { Identity } from './identity.ts'
import type { PageSource, ResolvedQueries } from './paginate.ts'
import type { FunctionKind, RegisteredFunction } from './registered-function.ts'
import type { Change } from './tracking.ts'
import type { ValidatorJSON } from './validate.ts'
import { AsyncLocalStorage } from 'node:async_hooks'
import { makeFunctionReference } from 'convex/server'
import { convexToJson } from 'convex/values'
import { clock, inCleanContext } from './clock.ts'
import { revealState } from './convex-test.ts'
import { paginate } from './paginate.ts'
import { importPeer } from './peers.ts'
import { isRegisteredFunction, kindOf } from './registered-function.ts'
import { ReadSet, tableOf } from './tracking.ts'
import { findViolation } from './validate.ts'

type Args = Record<string, Value>
type ConvexTest = typeof import('convex-test').convexTest

/** One run of a function that was asked for from outside, together with everything that it calls. */
export class Execution {
  /** What it has read. */
  readonly reads = new ReadSet()
  /** Where its page ended: given back to it when it runs again, so that the page neither grows nor leaves a gap. */
  endCursor: string | null
  /** When its mutation was committed. */
  commitTs: bigint | null = null
  /** What its own function threw, before convex-test wrapped it. */
  thrown: unknown

  constructor(endCursor: string | null = null) {
    this.endCursor = endCursor
  }
}

/** Where the code that runs right now belongs. */
interface Frame {
  execution: Execution
  component: string
  kind: FunctionKind
  /** 0 outside of functions, 1 in the function asked for, more in those that it calls. */
  depth: number
}

/** What the database tells, and asks for. */
export interface DatabaseHost {
  /** A transaction was committed. Called synchronously, before anything else can run on the new data. */
  onCommit: (changes: Change[]) => void
  /** A scheduled function ends. */
  onScheduledRun: (run: { kind: FunctionKind, name: string, args: Args, error: unknown }) => void
  fileUrl: (component: string, storageId: string) => string
  uploadUrl: (component: string) => string
}

const ANY_VALIDATOR = JSON.stringify({ type: 'any' })

/** The data of one deployment, and the functions run on it: convex-test, with what a server needs added. */
export class Database {
  readonly #convexTest: ConvexTest
  readonly #test: TestInstance
  readonly #state: TestState
  readonly #host: DatabaseHost
  readonly #frames = new AsyncLocalStorage<Frame>()
  /** What pages have read since the last commit, of each component. */
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
    // Timestamps go on where those of a former deployment on the same port ended, or its clients would not come back.
    state.transactionManager._lastCommitTs = BigInt(clock.now()) * 1_000_000n
    this.#watchCommits()
    this.#wrapSyscalls()
  }

  /** The timestamp of the last commit, in nanoseconds since 1970. It only ever grows. */
  get timestamp(): bigint {
    return this.#state.transactionManager._lastCommitTs
  }

  /**
   * Runs queries on one snapshot of the data: no commit happens until `body` is done.
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

  /** Stores a file in a transaction of its own. */
  async storeFile(component: string, file: Blob): Promise<string> {
    return await this.#transaction(component, ctx => ctx.storage.store(file))
  }

  readFile(component: string, storageId: string): Blob | null {
    return this.#state.components[component]?.db.getFile(storageId) ?? null
  }

  /** Resolves once the scheduled functions that have started are done. */
  async finishScheduled(): Promise<void> {
    await this.#test.finishInProgressScheduledFunctions()
  }

  /** Puts other functions and schemas over the same data. */
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

  /** convex-test finds the root of the modules by a name with `_generated` in it. */
  #moduleLoaders(component: LoadedComponent): Record<string, () => Promise<FunctionModule>> {
    const loaders: Record<string, () => Promise<FunctionModule>> = { './_generated/api.js': async () => ({}) }
    for (const [name, module] of component.loaded) {
      const instrumented = Object.fromEntries(Object.entries(module).map(([key, value]) =>
        [key, isRegisteredFunction(value) ? this.#instrument(value, component.path, `${name}:${key}`) : value]))
      loaders[`./${name}.js`] = async () => instrumented
    }
    return loaders
  }

  /**
   * The function as convex-test gets it: it knows its component, and its validators speak as Convex's do and hold inside of the
   * transaction. convex-test itself validates a return value only after the commit, and is told that there is nothing to validate.
   */
  #instrument(registered: RegisteredFunction, component: string, name: string): RegisteredFunction {
    const kind = kindOf(registered)
    const argsValidator = JSON.parse(registered.exportArgs()) as ValidatorJSON
    const returnsValidator = JSON.parse(registered.exportReturns()) as ValidatorJSON | null

    const run = async (ctx: unknown, args: Args, frame: Frame): Promise<unknown> => {
      try {
        assertValid('ArgumentValidationError', argsValidator, args)
        const result = await this.#frames.run(frame, async () => await registered._handler(ctx, args))
        if (returnsValidator)
          assertValid('ReturnsValidationError', returnsValidator, (result ?? null) as Value)
        return result
      }
      catch (error) {
        if (frame.depth === 1)
          frame.execution.thrown = error
        throw error
      }
    }

    const handler = async (ctx: unknown, args: Args): Promise<unknown> => {
      const caller = this.#frames.getStore()
      if (caller) {
        return await run(ctx, args, { execution: caller.execution, component, kind, depth: caller.depth + 1 })
      }
      // Nobody called: the scheduler did.
      let error: unknown = null
      try {
        return await run(ctx, args, { execution: new Execution(), component, kind, depth: 1 })
      }
      catch (thrown) {
        error = thrown
        throw thrown
      }
      finally {
        this.#host.onScheduledRun({ kind, name, args, error })
      }
    }

    const overrides: Partial<RegisteredFunction> = {
      _handler: handler,
      exportArgs: () => ANY_VALIDATOR,
      exportReturns: () => 'null',
    }
    return new Proxy(registered, {
      get: (target, key) => Object.hasOwn(overrides, key) ? overrides[key as '_handler'] : Reflect.get(target, key),
    })
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

  /** Learns of each commit exactly what it changed: nested transactions merged, those rolled back left out. */
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

  #wrapSyscalls(): void {
    const state = this.#state
    const { syscall, asyncSyscall, jsSyscall } = state

    state.syscall = (operation, json) => {
      if (operation === '1.0/queryStream')
        this.#read((reads, component) => reads.addQuery(component, JSON.parse(json).query))
      return syscall(operation, json)
    }

    state.asyncSyscall = async (operation, json) => {
      const frame = this.#frames.getStore()
      switch (operation) {
        case '1.0/get':
          this.#read((reads, component) => reads.addDocument(component, JSON.parse(json).id))
          break
        case '1.0/count':
          this.#read((reads, component) => reads.addTable(component, JSON.parse(json).table))
          break
        case '1.0/queryPage':
          this.#read((reads, component) => reads.addQuery(component, JSON.parse(json).query))
          return await this.#page(asyncSyscall, json)
        case '1.0/storageGetUrl': {
          const { storageId } = JSON.parse(json) as { storageId: string }
          this.#read((reads, component) => reads.addDocument(component, storageId))
          const isThere = JSON.parse(await asyncSyscall(operation, json)) !== null
          return JSON.stringify(isThere ? this.#host.fileUrl(frame?.component ?? '', storageId) : null)
        }
        case '1.0/storageGenerateUploadUrl':
          return JSON.stringify(this.#host.uploadUrl(frame?.component ?? ''))
        case '1.0/storageDelete':
          // In an action, convex-test would join whatever transaction is open, and be rolled back with it.
          if (frame?.kind === 'action') {
            const { storageId } = JSON.parse(json)
            await this.#transaction(frame.component, ctx => ctx.storage.delete(storageId))
            return '{}'
          }
          break
        case '1.0/schedule':
        case '1.0/actions/schedule':
          return await clock.detached(() => asyncSyscall(operation, json))
      }
      return await withEncodedErrorData(() => asyncSyscall(operation, json))
    }

    state.jsSyscall = (operation, args) => {
      const frame = this.#frames.getStore()
      if (operation !== 'storage/storeBlob')
        return jsSyscall(operation, args)
      return frame?.kind === 'action'
        ? this.storeFile(frame.component, args.blob as Blob)
        : this.#storeWithType(frame?.component ?? '', args.blob as Blob, () => jsSyscall(operation, args) as Promise<string>)
    }
  }

  /** A file's metadata has its content type, which convex-test leaves out. */
  async #storeWithType(component: string, file: Blob, store: () => Promise<string>): Promise<string> {
    const storageId = await store()
    if (file.type)
      this.#state.components[component]!.db.patch('_storage', storageId, { contentType: file.type })
    return storageId
  }

  #read(add: (reads: ReadSet, component: string) => void): void {
    const frame = this.#frames.getStore()
    if (frame)
      add(frame.execution.reads, frame.component)
  }

  /** A page of the query asked for ends where it ended when it ran before, unless its own arguments say where. */
  async #page(asyncSyscall: TestState['asyncSyscall'], json: string): Promise<string> {
    const frame = this.#frames.getStore()
    if (frame?.depth !== 1)
      return await asyncSyscall('1.0/queryPage', json)
    const args = JSON.parse(json)
    const page = await asyncSyscall('1.0/queryPage', JSON.stringify({ ...args, endCursor: args.endCursor ?? frame.execution.endCursor }))
    frame.execution.endCursor = JSON.parse(page).continueCursor
    return page
  }
}

/** An argument or a return value that its validator refuses: reported without a stack, as Convex does. */
export class ValidationError extends Error {}

function assertValid(problem: 'ArgumentValidationError' | 'ReturnsValidationError', validator: ValidatorJSON, value: Value): void {
  const violation = findViolation(validator, value)
  if (violation !== null)
    throw new ValidationError(`${problem}: ${violation}`)
}

/** `convex/server` expects the data of a failed call in its JSON form, but convex-test throws it decoded: int64 would be lost. */
async function withEncodedErrorData(call: () => Promise<string>): Promise<string> {
  try {
    return await call()
  }
  catch (error) {
    if (error instanceof Error && Symbol.for('ConvexError') in error && 'data' in error) {
      throw Object.assign(new Error(error.message, { cause: error }), { data: convexToJson(error.data as Value) })
    }
    throw error
  }
}
