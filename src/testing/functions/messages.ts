/** The messages between a deployment and the threads in which its functions run. */
import type { MessagePort } from 'node:worker_threads'
import type { FunctionsDescription } from './description.ts'
import type { FunctionKind, RuntimeKind } from './kinds.ts'

/** The component, the module and the export of a function. */
export interface FunctionAddress {
  /** The path of the component: `''` for the app. */
  component: string
  /** The path of the module in its component, without an extension, such as `admin/users`. */
  module: string
  export: string
}

/** The inputs of a call that do not depend on its kind. */
interface CallInputs {
  callId: number
  /**
   * The id of the outermost call: the call of a client that has led to this call. It is the call's
   * own id if no other call has led to it. The watchdog adds up the time of all calls with the same
   * root.
   */
  rootId: number
  requestId: string
  /** Milliseconds since 1970. In queries and mutations, `Date.now()` always returns this time. */
  now: number
  /** The seed of `Math.random()` in queries and mutations. */
  seed: number
}

/** A call of a query, a mutation or an action. */
export interface FunctionCall extends CallInputs, FunctionAddress {
  kind: FunctionKind
  /** The list of arguments, in Convex's JSON encoding: `[{"text":"hi"}]`. */
  argsJson: string
}

/** A call of the HTTP action to which `http.ts` of a component routes a request. */
export interface HttpCall extends CallInputs {
  kind: 'httpAction'
  component: string
  /** The path of the URL, without the prefix at which the component is mounted. */
  routePath: string
  request: HttpRequestMessage
}

export interface HttpRequestMessage {
  url: string
  method: string
  headers: [name: string, value: string][]
  /**
   * The stream is transferred between the threads, so the body is not held in memory as a whole.
   */
  body: ReadableStream<Uint8Array> | null
}

export interface HttpResponseMessage {
  status: number
  headers: [name: string, value: string][]
  body: ReadableStream<Uint8Array> | null
}

/** A line that a function has written with `console`, as Convex sends it to clients. */
export interface LogLine {
  level: 'DEBUG' | 'ERROR' | 'INFO' | 'LOG' | 'WARN'
  /** The line as clients receive it: `[LOG] 'hello' 3`. */
  text: string
  /** Milliseconds since 1970. */
  timestamp: number
}

/** The value that a function has thrown. */
export interface FunctionError {
  /** `Uncaught Error: No such task`, without the stack. */
  message: string
  /** The stack, with the files and lines of the sources. */
  stack: string
  /** The data of a `ConvexError`, in Convex's JSON encoding. */
  dataJson?: string
}

/** The outcome of a call. */
export type CallOutcome
  = | { status: 'success', json: string }
    /** The response's body may still be streaming. The message `bodyEnded` reports its end. */
    | { status: 'responded', response: HttpResponseMessage }
    /** `http.ts` has no route for the request. */
    | { status: 'noRoute' }
    | { status: 'error', error: FunctionError }

/** Promises that an action did not await. Their operations may not run. */
export interface UnawaitedWork {
  count: number
  operations: string[]
}

/** The answer to a system call. */
export type SyscallAnswer
  = | { ok: true, json: string, bytes?: Uint8Array }
    /**
     * Rows of a query, each as JSON. The next rows are requested once the function has read all
     * of these rows.
     */
    | { ok: true, rows: string[], isDone: boolean }
    | { ok: false, message: string, dataJson?: string }

/** The bundles of a component for one of the runtimes. */
export interface ComponentBundle {
  path: string
  /** The absolute path of each module's bundle, by name. */
  modules: Record<string, string>
  /**
   * The absolute path of each module as a script, which can be evaluated for each call; `null` if
   * calls share the state of modules.
   */
  scripts: Record<string, string> | null
  /** The absolute path of the schema's bundle. */
  schema: string | null
}

/** The settings of a thread, which it receives when it starts. */
export interface ThreadSettings {
  runtime: RuntimeKind
  /** The state that both threads can read at any time: see `shared-state.ts`. */
  shared: SharedArrayBuffer
  /** Receives the answers to synchronous system calls. */
  syncAnswers: MessagePort
  /** The time limit of an action on the deployment's clock, in ms. */
  longestActionMs: number
}

/** The files and settings with which a thread loads the functions. */
export interface LoadMessage {
  type: 'load'
  components: ComponentBundle[]
  /** The bundle of `auth.config`, if there is one. */
  authConfig: string | null
  /** The folder in which Node keeps compiled code for the next start. */
  compileCache: string | null
  environments: Environments
  /** The time by which the deployment's clock is ahead of the machine's clock. */
  clockAheadMs: number
}

/** The environment variables of each component, by path. */
export type Environments = Record<string, Record<string, string>>

/** The messages from the deployment to a thread of functions. */
export type HostMessage
  = | LoadMessage
    | { type: 'invoke', call: FunctionCall | HttpCall }
    | { type: 'answer', syscallId: number, answer: SyscallAnswer }
    /** The call was ended with an error. Its code may still run, but has no effect any more. */
    | { type: 'abandon', callId: number }
    | { type: 'advanceClock', ms: number }
    | { type: 'setEnvironments', environments: Environments }

/** The messages that a functions thread sends to the thread of the deployment. */
export type ThreadMessage
  = | { type: 'loaded', description: FunctionsDescription }
    | { type: 'notLoaded', problem: LoadProblem }
    | { type: 'syscall', callId: number, syscallId: number, operation: string, json: string, bytes?: Uint8Array }
    /** A system call that blocks the thread until the answer arrives. */
    | { type: 'syncSyscall', callId: number, operation: string, json: string }
    /** The function does not read any further rows of the query. */
    | { type: 'closeQuery', callId: number, queryId: number }
    | { type: 'log', callId: number, line: LogLine }
    | { type: 'result', callId: number, outcome: CallOutcome, unawaited: UnawaitedWork | null, readsTime: boolean }
    | { type: 'bodyEnded', callId: number }

/** The reason for which the modules could not be loaded. */
export interface LoadProblem {
  component: string
  /** The module that could not be evaluated, or whose exports Convex refuses. */
  module: string
  kind: 'notEvaluated' | 'notAnAction' | 'invalidExport'
  message: string
}
