import type { FunctionsDescription } from '../../src/testing/functions/description.ts'
import type { CallRequest, FunctionsHost } from '../../src/testing/functions/host.ts'
import type { SyscallHandler } from '../../src/testing/functions/syscall-handler.ts'
import type { Origin } from '../../src/testing/runtime/invocation.ts'
import type { LoadedFunctions } from '../../src/testing/runtime/loaded-functions.ts'
import { describe, expect, it, onTestFinished } from 'vitest'
import { DataFolder } from '../../src/testing/data-folder.ts'
import { Engine } from '../../src/testing/engine/engine.ts'
import { CallArgs } from '../../src/testing/runtime/call-args.ts'
import { Data } from '../../src/testing/runtime/data.ts'
import { Files } from '../../src/testing/runtime/files.ts'
import { FunctionRunner } from '../../src/testing/runtime/function-runner.ts'
import { FunctionsCatalog } from '../../src/testing/runtime/functions-catalog.ts'
import { SigningKey } from '../../src/testing/runtime/signing-key.ts'

const KINDS = { outer: 'mutation', inner: 'mutation', count: 'query', wait: 'action', work: 'action' } as const

const DESCRIPTION: FunctionsDescription = {
  authConfig: null,
  components: [{
    path: '',
    schemaJson: null,
    cronsJson: null,
    routes: null,
    functions: Object.entries(KINDS).map(([name, kind]) => ({
      name: `calls:${name}`,
      module: 'calls',
      export: name,
      kind,
      visibility: 'public',
      runtime: 'default',
      argsValidator: '{"type":"any"}',
      returnsValidator: null,
    })),
  }],
}

const ORIGIN: Origin = { identity: null, requestId: 'request', ip: null, userAgent: null, authToken: null, authenticationError: null, job: null }

const NO_ARGS = new CallArgs({})

/** The threads of one load. */
class FakeHost {
  readonly requests: CallRequest[] = []
  /** The code of all functions. */
  onCall: (request: CallRequest, handler: SyscallHandler) => Promise<void> = async () => {}
  readonly #firstId: number

  constructor(firstId: number) {
    this.#firstId = firstId
  }

  get functions(): LoadedFunctions {
    return { host: this as unknown as FunctionsHost, directory: '/app/convex', catalog: new FunctionsCatalog(DESCRIPTION) }
  }

  invoke(request: CallRequest, handler: SyscallHandler): unknown {
    this.requests.push(request)
    const outcome = { status: 'success', json: 'null' }
    const result = Promise.resolve().then(() => this.onCall(request, handler)).then(() => ({ outcome, logLines: [], readsTime: false }))
    return { callId: this.#firstId + this.requests.length - 1, result, ended: result }
  }

  get names(): string[] {
    return this.requests.map(request => 'export' in request ? request.export : '')
  }
}

/** A runner whose functions are loaded again while the first function runs, before it makes a system call. */
function reloadDuring(operation: string, args: Record<string, unknown>): { runner: FunctionRunner, first: FakeHost, second: FakeHost } {
  const engine = Engine.open()
  onTestFinished(() => engine.close())
  const data = new Data(engine, 'enforce')
  const [first, second] = [new FakeHost(7), new FakeHost(500)]
  const host = { data, files: new Files(data), scheduler: undefined as never, signingKey: new SigningKey(new DataFolder(null)), urls: () => ({ url: '', siteUrl: '' }) }
  const runner = new FunctionRunner(host, first.functions)
  first.onCall = async (_, handler) => {
    if (first.requests.length > 1)
      return
    runner.replaceFunctions(second.functions)
    expect(await handler.syscall({ operation, json: JSON.stringify(args) })).toMatchObject({ ok: true })
  }
  return { runner, first, second }
}

describe('functionRunner, when the functions are loaded again', () => {
  it('runs nested calls of a transaction with the functions that were loaded when it began', async () => {
    const { runner, first, second } = reloadDuring('1.0/runUdf', { udfType: 'mutation', name: 'calls:inner', args: {} })
    const outer = runner.catalog.requireForClient({ component: '', module: 'calls', name: 'outer' }, 'mutation', 'client')

    await runner.runMutation(outer, NO_ARGS, ORIGIN, [])
    expect(first.names).toEqual(['outer', 'inner'])
    expect(first.requests[1]).toMatchObject({ rootId: 7 })
    expect(second.requests).toEqual([])
  })

  it('runs an action that another action calls with the new functions and its own `rootId`', async () => {
    const { runner, first, second } = reloadDuring('1.0/actions/action', { name: 'calls:work', args: {} })
    const wait = runner.catalog.requireForClient({ component: '', module: 'calls', name: 'wait' }, 'action', 'client')

    await runner.runAction(wait, NO_ARGS, ORIGIN, [])
    expect(first.names).toEqual(['wait'])
    expect(second.names).toEqual(['work'])
    expect(second.requests[0]).not.toHaveProperty('rootId')
  })
})

describe('the option useStaleSnapshot of ctx.runQuery', () => {
  it('reads the data with which the mutation has begun, and causes no conflict', async () => {
    const engine = Engine.open()
    onTestFinished(() => engine.close())
    const data = new Data(engine, 'enforce')
    const ask = async (handler: SyscallHandler, operation: string, args: object): Promise<unknown> => {
      const answer = await handler.syscall({ operation, json: JSON.stringify(args) })
      return 'json' in answer ? JSON.parse(answer.json) : answer
    }
    const counts: unknown[] = []
    const threads = new FakeHost(1)
    threads.onCall = async (request, handler) => {
      if ('export' in request && request.export === 'count') {
        counts.push(await ask(handler, '1.0/count', { table: 'notes' }))
        return
      }
      await ask(handler, '1.0/insert', { table: 'notes', value: {} })
      await ask(handler, '1.0/runUdf', { udfType: 'snapshotQuery', name: 'calls:count', args: {} })
      data.transact(transaction => transaction.insert('', 'notes', {}))
    }
    const host = { data, files: new Files(data), scheduler: undefined as never, signingKey: new SigningKey(new DataFolder(null)), urls: () => ({ url: '', siteUrl: '' }) }
    const runner = new FunctionRunner(host, threads.functions)
    const outer = runner.catalog.requireForClient({ component: '', module: 'calls', name: 'outer' }, 'mutation', 'client')

    await runner.runMutation(outer, NO_ARGS, ORIGIN, [])
    expect(counts).toEqual([0])
    expect(threads.names).toEqual(['outer', 'count'])
  })
})
