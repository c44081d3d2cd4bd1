/** System calls that call, schedule and name other functions. */
import type { JSONValue } from 'convex/values'
import type { Budget } from '../engine/limits.ts'
import type { DataTransaction } from './data.ts'
import type { FunctionAddress } from './function-path.ts'
import type { Invocation } from './invocation.ts'
import type { ScheduledJob } from './scheduler.ts'
import type { NestedKind, Syscall, SyscallHost } from './syscall.ts'
import { jsonToConvex } from 'convex/values'
import { CallArgs } from './call-args.ts'
import { printHandle, resolveAddress } from './function-path.ts'
import { EncodedJson, refuse } from './syscall.ts'

interface TargetArgs extends FunctionAddress {
  args: JSONValue
}

interface NestedArgs extends TargetArgs {
  udfType: string
  transactionLimits?: Record<string, JSONValue>
}

interface ScheduleArgs extends TargetArgs {
  /** Seconds since 1970. */
  ts: number
}

/** The greatest depth of nested calls that Convex allows in a transaction. */
const MAX_DEPTH = 8

const runUdf: Syscall = async (invocation, { udfType, args, transactionLimits, ...address }: NestedArgs, host) => {
  const path = resolveAddress(invocation.path.component, address)
  const kind = nestedKind(udfType)
  if (kind !== 'query' && invocation.kind === 'query')
    refuse(`Cannot call a ${kind[0]!.toUpperCase()}${kind.slice(1)} function from a Query function`)
  if (invocation.depth > MAX_DEPTH)
    refuse('Cross component call depth limit exceeded. Do you have an infinite loop in your app?')
  const run = (): Promise<string> => host.runInTransaction(invocation, kind, path, new CallArgs(args))
  const { meter } = invocation.execution.transaction!
  return new EncodedJson(await meter.withBudget(checkBudget(transactionLimits), run))
}

function nestedKind(udfType: string): NestedKind {
  if (udfType === 'mutation' || udfType === 'snapshotQuery')
    return udfType
  return 'query'
}

function checkBudget(limits: Record<string, JSONValue> = {}): Budget {
  const invalid = Object.entries(limits).find(([, limit]) => !Number.isInteger(limit) || (limit as number) < 0)
  if (invalid)
    refuse(`Invalid argument for \`runUdf\`: the limit \`${invalid[0]}\` is not a whole number that is positive or 0.`)
  return limits as Budget
}

function runForAction(kind: 'query' | 'mutation' | 'action'): Syscall {
  return async (invocation, { args, ...address }: TargetArgs, host) => {
    const path = resolveAddress(invocation.path.component, address)
    return new EncodedJson(await host.runForAction(invocation, kind, path, new CallArgs(args)))
  }
}

/** Schedules a function in the transaction of a mutation. */
const schedule: Syscall = (invocation, args: ScheduleArgs, host) => {
  const { execution } = invocation
  const { transaction } = execution
  transaction!.meter.schedule(JSON.stringify(args.args).length)
  const job = insertJob(invocation, args, host, transaction!)
  execution.scheduled.push(job)
  return job.id
}

/** Schedules a function for an action, in a transaction of its own. */
const scheduleForAction: Syscall = (invocation, args: ScheduleArgs, host) => {
  const job = host.data.transact(transaction => insertJob(invocation, args, host, transaction))
  host.scheduler.track(job)
  return job.id
}

function insertJob(
  invocation: Invocation,
  { ts, args, ...address }: ScheduleArgs,
  host: SyscallHost,
  transaction: DataTransaction,
): ScheduledJob {
  const { component } = invocation.path
  const path = resolveAddress(component, address)
  host.requireFunction(path)
  const job = host.scheduler.insert(transaction, component, path, jsonToConvex(args), ts * 1000)
  // Functions that a cancelled action schedules do not run.
  const parent = invocation.execution.origin.job
  if (parent && host.scheduler.isCanceled(transaction, parent.id))
    host.scheduler.cancel(transaction, job.id)
  return job
}

const cancel: Syscall = (invocation, { id }: { id: string }, host) => {
  checkJobId(invocation, id, host)
  host.scheduler.cancel(invocation.execution.transaction!, id)
  return null
}

const cancelForAction: Syscall = (invocation, { id }: { id: string }, host) => {
  checkJobId(invocation, id, host)
  host.data.transact(transaction => host.scheduler.cancel(transaction, id))
  return null
}

function checkJobId(invocation: Invocation, id: string, host: SyscallHost): void {
  if (host.data.tableOf(invocation.path.component, id) !== '_scheduled_functions')
    refuse(`Invalid argument \`id\` for \`scheduler.cancel\`: "${id}" is not the id of a scheduled function.`)
}

const createFunctionHandle: Syscall = (invocation, address: FunctionAddress, host) => {
  const path = resolveAddress(invocation.path.component, address)
  host.requireFunction(path)
  return printHandle(path)
}

export const callSyscalls = {
  '1.0/runUdf': runUdf,
  '1.0/actions/query': runForAction('query'),
  '1.0/actions/mutation': runForAction('mutation'),
  '1.0/actions/action': runForAction('action'),
  '1.0/schedule': schedule,
  '1.0/actions/schedule': scheduleForAction,
  '1.0/cancel_job': cancel,
  '1.0/actions/cancel_job': cancelForAction,
  '1.0/createFunctionHandle': createFunctionHandle,
} satisfies Record<string, Syscall>
