/** The entry of a thread in which the functions of an app run. */
import type { MessagePort, Transferable } from 'node:worker_threads'
import type { CallFrame } from './call-frame.ts'
import type { HostMessage, LoadMessage, LogLine, ThreadMessage, ThreadSettings } from './messages.ts'
import * as nodeModule from 'node:module'
import process from 'node:process'
import { parentPort, workerData } from 'node:worker_threads'
import { installClock, ThreadClock } from './call-clock.ts'
import { createConsole } from './call-console.ts'
import { installCrypto } from './call-crypto.ts'
import { CallEnvironment } from './call-environment.ts'
import { installFetch } from './call-fetch.ts'
import { currentFrame } from './call-frame.ts'
import { isolateGlobals } from './call-globals.ts'
import { installResponse } from './call-response.ts'
import { CallRunner } from './call-runner.ts'
import { CallTimers } from './call-timers.ts'
import { installWebAssembly } from './call-webassembly.ts'
import { Syscalls } from './convex-global.ts'
import { FreshModules } from './fresh-modules.ts'
import { describeError } from './function-error.ts'
import { inOwnTurns, MessageBatch } from './message-batch.ts'
import { LoadError, loadModules } from './module-loader.ts'
import { completeNodeRealm, CONVEX_GLOBALS, define, stripRealm } from './realm.ts'
import { SharedState } from './shared-state.ts'

const nodeConsole = console
const nodeSetImmediate = setImmediate
const { nextTick: nodeNextTick } = process
const port: MessagePort = parentPort!
const outbox = new MessageBatch<ThreadMessage>(
  (messages, transfer) => port.postMessage(messages, transfer),
  atEndOfTurn,
)
const settings = workerData as ThreadSettings
const shared = new SharedState(settings.shared)
const clock = new ThreadClock()
const environment = new CallEnvironment()
const syscalls = new Syscalls({ send: post, shared, syncAnswers: settings.syncAnswers })
const runner = new CallRunner({
  send: post,
  flush: () => outbox.flush(),
  shared,
  clock,
  longestActionMs: settings.longestActionMs,
  onEnd: callId => syscalls.forget(callId),
})
const timers = new CallTimers(clock, frame => runner.startTurn(frame.callId))

process.setSourceMapsEnabled(true)
process.on('unhandledRejection', failCurrentCall)
process.on('uncaughtException', failCurrentCall)

installClock(clock)
timers.install()
installFetch()
installResponse()
installCrypto()
installWebAssembly()
if (settings.runtime === 'default')
  stripRealm(environment.convexEnv)
define('console', createConsole(clock, sendLine))
define('Convex', syscalls.convex)
if (settings.runtime === 'default')
  isolateGlobals([...CONVEX_GLOBALS, 'Date', 'process'])

port.on('message', inOwnTurns((message: HostMessage) => {
  switch (message.type) {
    case 'load':
      void load(message)
      return
    case 'invoke':
      void runner.run(message.call)
      return
    case 'answer':
      runner.startTurn(syscalls.callOf(message.syscallId))
      syscalls.answer(message.syscallId, message.answer)
      return
    case 'abandon':
      runner.abandon(message.callId)
      return
    case 'advanceClock':
      timers.advance(message.ms)
      return
    case 'setEnvironments':
      environment.environments = message.environments
      return
    default:
      message satisfies never
  }
}))

async function load(message: LoadMessage): Promise<void> {
  clock.advance(message.clockAheadMs)
  environment.environments = message.environments
  if (settings.runtime === 'node')
    completeNodeRealm(environment.nodeEnv, message.components)
  // Compiling Better Auth takes most of the time of the start. Node 22 can cache the compiled code.
  if (message.compileCache !== null)
    nodeModule.enableCompileCache?.(message.compileCache)
  try {
    const { modules, description } = await loadModules(message, { environment, runtime: settings.runtime })
    runner.modules = message.components.some(({ scripts }) => scripts) ? new FreshModules(message.components) : modules
    post({ type: 'loaded', description })
    // The cache is written now, because the thread may be terminated later without writing it.
    nodeSetImmediate(() => nodeModule.flushCompileCache?.())
  }
  catch (error) {
    if (!(error instanceof LoadError))
      nodeConsole.error('The functions cannot be loaded:', error)
    const problem = error instanceof LoadError
      ? error.problem
      : { component: '', module: '', kind: 'notEvaluated' as const, message: String(error) }
    post({ type: 'notLoaded', problem })
  }
}

/** An error that no code catches fails its call, as in Convex, and has no effect on other calls. */
function failCurrentCall(error: unknown): void {
  const frame = currentFrame()
  if (frame)
    runner.fail(frame.callId, { status: 'error', error: describeError(error) })
  else
    nodeConsole.error('Uncaught error in the thread of the functions:', error)
}

/** If several calls run, waits for the messages of other calls in the same event loop round. */
function atEndOfTurn(flush: () => void): void {
  if (runner.isBusy)
    nodeSetImmediate(flush)
  else
    nodeNextTick(flush)
}

function post(message: ThreadMessage, transfer: (ArrayBuffer | ReadableStream)[] = []): void {
  outbox.add(message, transfer as Transferable[])
  // These messages are sent at once, since the turn may never end: after a line of the console, the
  // code may loop forever, and a synchronous system call blocks the thread until its answer
  // arrives.
  if (message.type === 'log' || message.type === 'syncSyscall')
    outbox.flush()
}

function sendLine(frame: CallFrame, line: LogLine): void {
  post({ type: 'log', callId: frame.callId, line })
}
