import type { FunctionsHostOptions } from '../../../src/testing/functions/host-options.ts'
import type { CallRequest, CallResult } from '../../../src/testing/functions/host.ts'
import type { FunctionCall, SyscallAnswer } from '../../../src/testing/functions/messages.ts'
import type { Syscall, SyscallHandler } from '../../../src/testing/functions/syscall-handler.ts'
import { onTestFinished } from 'vitest'
import { bundleFunctions } from '../../../src/testing/functions/bundle.ts'
import { FunctionsHost } from '../../../src/testing/functions/host.ts'
import { createFunctions } from '../functions-folder.ts'

/** The answers to system calls, by operation. */
export type Answers = Record<string, (syscall: Syscall & { args: any }) => unknown>

/** A call of a function by its name. */
export interface TestCall extends Partial<Omit<FunctionCall, 'argsJson' | 'kind'>> {
  args?: unknown
  answers?: Answers
}

/** Functions that run against a handler of system calls that a test writes. */
export interface TestHost {
  host: FunctionsHost
  /** Runs a function, and returns how it ended. */
  run: (name: string, call?: TestCall) => Promise<CallResult>
  /** Runs a function that must succeed, and returns its result. */
  value: (name: string, call?: TestCall) => Promise<any>
  /** The message of the error with which a function must fail. */
  failure: (name: string, call?: TestCall) => Promise<string>
}

export async function loadFunctions(files: Record<string, string>, options: Partial<FunctionsHostOptions> = {}): Promise<TestHost> {
  return await loadFolder(await createFunctions(files), options)
}

export async function loadFolder(folder: string, options: Partial<FunctionsHostOptions> = {}): Promise<TestHost> {
  const host = await FunctionsHost.load(await bundleFunctions(folder), { environments: {}, ...options })
  onTestFinished(() => host.dispose())
  const run = (name: string, { args = {}, answers = {}, ...call }: TestCall = {}): Promise<CallResult> =>
    host.invoke(callOf(host, name, { args, ...call }), handlerOf(answers)).result
  return {
    host,
    run,
    value: async (name, call) => {
      const { outcome } = await run(name, call)
      if (outcome.status !== 'success')
        throw new Error(`${name} ended with ${JSON.stringify(outcome)}`)
      return JSON.parse(outcome.json)
    },
    failure: async (name, call) => {
      const { outcome } = await run(name, call)
      if (outcome.status !== 'error')
        throw new Error(`${name} ended with ${JSON.stringify(outcome)}`)
      return outcome.error.message
    },
  }
}

function callOf(host: FunctionsHost, name: string, { args, ...call }: TestCall): CallRequest {
  const [module, exported = 'default'] = name.split(':') as [string, string?]
  const component = call.component ?? ''
  const { kind } = host.description.components.find(({ path }) => path === component)!.functions.find(described => described.module === module && described.export === exported)!
  return {
    kind,
    component,
    module,
    export: exported,
    argsJson: JSON.stringify([args]),
    requestId: 'request',
    now: 1000,
    seed: 1,
    ...call,
  }
}

/** Answers with the JSON of what the functions of `answers` return. */
export function handlerOf(answers: Answers): SyscallHandler {
  const answer = async (syscall: Syscall): Promise<SyscallAnswer> => {
    const reply = await answers[syscall.operation]?.({ ...syscall, args: JSON.parse(syscall.json) })
    return toAnswer(reply)
  }
  return {
    syscall: answer,
    syncSyscall: syscall => toAnswer(answers[syscall.operation]?.({ ...syscall, args: JSON.parse(syscall.json) })),
  }
}

function toAnswer(reply: unknown): SyscallAnswer {
  if (typeof reply === 'object' && reply !== null && ('ok' in reply))
    return reply as SyscallAnswer
  return { ok: true, json: JSON.stringify(reply ?? null) }
}
