/** The types that all system calls share: their results, and the used parts of a deployment. */
import type { JSONValue } from 'convex/values'
import type { CallArgs } from './call-args.ts'
import type { Data } from './data.ts'
import type { Files } from './files.ts'
import type { FunctionPath } from './function-path.ts'
import type { Invocation } from './invocation.ts'
import type { Scheduler } from './scheduler.ts'
import type { SigningKey } from './signing-key.ts'

/** The result of a system call: a value, or text that already is JSON, or rows of a query. */
export type SyscallResult = JSONValue | EncodedJson | Rows | Bytes

/** A result that is already encoded. */
export class EncodedJson {
  readonly json: string

  constructor(json: string) {
    this.json = json
  }
}

/** Rows of a query, each as JSON. */
export class Rows {
  readonly rows: string[]
  readonly isDone: boolean

  constructor(rows: string[], isDone: boolean) {
    this.rows = rows
    this.isDone = isDone
  }
}

/** A result with the content of a file. */
export class Bytes {
  readonly json: JSONValue
  readonly bytes: Uint8Array

  constructor(json: JSONValue, bytes: Uint8Array) {
    this.json = json
    this.bytes = bytes
  }
}

/** Runs one kind of system call for a function. */
export type Syscall = (
  invocation: Invocation,
  // Each system call has arguments of its own, which `convex/server` has built.
  args: any,
  host: SyscallHost,
  bytes?: Uint8Array,
) => SyscallResult | Promise<SyscallResult>

/** `snapshotQuery` is a query with the option `useStaleSnapshot`. */
export type NestedKind = 'query' | 'mutation' | 'snapshotQuery'

/** The parts of a deployment that system calls use. */
export interface SyscallHost {
  data: Data
  files: Files
  scheduler: Scheduler
  signingKey: SigningKey
  /** The addresses of the deployment, for clients and for HTTP actions. */
  urls: () => { url: string, siteUrl: string }
  /** Throws if there is no function at a path that a function wants to call or schedule. */
  requireFunction: (path: FunctionPath) => void
  /** Runs a function as a part of the transaction of its caller. */
  runInTransaction: (
    caller: Invocation,
    kind: NestedKind,
    path: FunctionPath,
    args: CallArgs,
  ) => Promise<string>
  /** Runs a function for an action, in a transaction of its own. */
  runForAction: (
    caller: Invocation,
    kind: 'query' | 'mutation' | 'action',
    path: FunctionPath,
    args: CallArgs,
  ) => Promise<string>
}

/** Refuses a system call. The function that made it receives the error. */
export function refuse(message: string): never {
  throw new Error(message)
}
