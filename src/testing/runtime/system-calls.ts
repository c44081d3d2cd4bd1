/** All system calls, and the functions that may make them. */
import type { Invocation } from './invocation.ts'
import type { Syscall } from './syscall.ts'
import { notInQueriesAndMutations } from '../functions/convex-words.ts'
import { callSyscalls } from './call-syscalls.ts'
import { databaseSyscalls } from './database-syscalls.ts'
import { metaSyscalls } from './meta-syscalls.ts'
import { storageSyscalls } from './storage-syscalls.ts'
import { refuse } from './syscall.ts'

type Kind = Invocation['kind']
type Operation = keyof typeof SYSCALLS

/** The called method of `Convex`: `syscall`, `asyncSyscall`, or `jsSyscall`, which passes files. */
export type SyscallForm = 'sync' | 'async' | 'js'

const SYSCALLS = { ...databaseSyscalls, ...callSyscalls, ...storageSyscalls, ...metaSyscalls }

const TRANSACTION: Kind[] = ['query', 'mutation']
const MUTATION: Kind[] = ['mutation']
const ACTION: Kind[] = ['action', 'httpAction']
const ALL: Kind[] = [...TRANSACTION, ...ACTION]
const ALL_BUT_QUERY: Kind[] = [...MUTATION, ...ACTION]

/**
 * The kinds of functions that may make each system call. `ctx` has only the methods that its
 * function may call, but a function can also call the global `Convex`: this table applies to both.
 */
const ALLOWED: Record<Operation, Kind[]> = {
  '1.0/get': TRANSACTION,
  '1.0/queryStreamNext': TRANSACTION,
  '1.0/queryPage': TRANSACTION,
  '1.0/count': TRANSACTION,
  '1.0/db/normalizeId': TRANSACTION,
  '1.0/insert': MUTATION,
  '1.0/shallowMerge': MUTATION,
  '1.0/replace': MUTATION,
  '1.0/remove': MUTATION,
  '1.0/actions/vectorSearch': ACTION,

  '1.0/runUdf': TRANSACTION,
  '1.0/actions/query': ACTION,
  '1.0/actions/mutation': ACTION,
  '1.0/actions/action': ACTION,
  '1.0/schedule': MUTATION,
  '1.0/cancel_job': MUTATION,
  '1.0/actions/schedule': ACTION,
  '1.0/actions/cancel_job': ACTION,
  '1.0/createFunctionHandle': ALL,

  '1.0/storageGetUrl': ALL,
  '1.0/storageGetMetadata': ALL,
  '1.0/storageGenerateUploadUrl': ALL_BUT_QUERY,
  '1.0/storageDelete': ALL_BUT_QUERY,
  '1.0/storageStore': MUTATION,
  '1.0/storageGet': MUTATION,
  'storage/storeBlob': ACTION,
  'storage/getBlob': ACTION,

  '1.0/getUserIdentity': ALL,
  '1.0/getFunctionMetadata': ALL,
  '1.0/getDeploymentMetadata': ALL,
  '1.0/getRequestMetadata': ALL_BUT_QUERY,
  '1.0/getSnapshotTs': TRANSACTION,
  '1.0/getTransactionMetrics': TRANSACTION,
  '1.0/signJwt': MUTATION,
  '1.0/createServiceToken': ACTION,
  '1.0/getServiceUrl': ACTION,
  '1.0/auditLog': TRANSACTION,
}

/** The system calls that return their results synchronously. */
const SYNCHRONOUS = new Set<string>(['1.0/db/normalizeId', '1.0/getSnapshotTs'])

/** Convex's error messages about system calls that a kind of function cannot make. */
const REFUSALS: Partial<Record<Operation, string>> = {
  'storage/storeBlob': notInQueriesAndMutations('storage.store()').message,
  'storage/getBlob': notInQueriesAndMutations('storage.get()').message,
  '1.0/getRequestMetadata': 'Cannot get request metadata in a Query',
  '1.0/auditLog': 'Audit logging is not yet supported in actions',
}

/** The system call of a running function. @throws Error if the function may not make it. */
export function findSyscall(operation: string, form: SyscallForm, kind: Kind): Syscall {
  if (!isOperation(operation) || formOf(operation) !== form)
    return refuse(describeUnknown(operation, form))
  if (ALLOWED[operation].includes(kind))
    return SYSCALLS[operation]
  return refuse(REFUSALS[operation] ?? describeRefusal(operation, form, kind))
}

function isOperation(operation: string): operation is Operation {
  return Object.hasOwn(SYSCALLS, operation)
}

function formOf(operation: Operation): SyscallForm {
  if (SYNCHRONOUS.has(operation))
    return 'sync'
  return operation.startsWith('storage/') ? 'js' : 'async'
}

function describeRefusal(operation: Operation, form: SyscallForm, kind: Kind): string {
  if (kind === 'query' && ALLOWED[operation].includes('mutation'))
    return `The system call "${operation}" is not available in queries.`
  return describeUnknown(operation, form)
}

/** Convex's runtimes of transactions and of actions do not know each other's system calls. */
function describeUnknown(operation: string, form: SyscallForm): string {
  const names = { sync: 'operation', async: 'async operation', js: 'JS syscall' }
  return `Unknown ${names[form]} ${operation}`
}
