/** Removes globals of Node from a thread, so that functions find only those of Convex's runtime. */
import type { ComponentBundle } from './messages.ts'
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import * as nodeModule from 'node:module'
import { dirname } from 'node:path'
import process from 'node:process'
import { getCallSites } from 'node:util'

/** The globals that Convex's runtime adds to those of JavaScript. */
export const CONVEX_GLOBALS = new Set([
  'AbortController',
  'AbortSignal',
  'Blob',
  'Crypto',
  'CryptoKey',
  'DOMException',
  'Event',
  'EventTarget',
  'File',
  'FormData',
  'Headers',
  'Performance',
  'PerformanceEntry',
  'PerformanceMark',
  'PerformanceMeasure',
  'ReadableStream',
  'ReadableStreamBYOBReader',
  'ReadableStreamDefaultReader',
  'Request',
  'Response',
  'SubtleCrypto',
  'TextDecoder',
  'TextDecoderStream',
  'TextEncoder',
  'TextEncoderStream',
  'TransformStream',
  'URL',
  'URLSearchParams',
  'WritableStream',
  'WritableStreamDefaultWriter',
  'atob',
  'btoa',
  'clearInterval',
  'clearTimeout',
  'console',
  'crypto',
  'fetch',
  'performance',
  'setInterval',
  'setTimeout',
  'structuredClone',
])

/** The globals of JavaScript, in the order of the specification's chapters. */
const LANGUAGE_GLOBALS = new Set([
  ...['globalThis', 'Infinity', 'NaN', 'undefined', 'eval', 'isFinite', 'isNaN', 'parseFloat', 'parseInt'],
  ...['decodeURI', 'decodeURIComponent', 'encodeURI', 'encodeURIComponent', 'escape', 'unescape'],
  ...['AggregateError', 'Array', 'ArrayBuffer', 'BigInt', 'BigInt64Array', 'BigUint64Array', 'Boolean', 'DataView'],
  ...['Date', 'Error', 'EvalError', 'FinalizationRegistry', 'Float16Array', 'Float32Array', 'Float64Array', 'Function'],
  ...['Int8Array', 'Int16Array', 'Int32Array', 'Iterator', 'Map', 'Number', 'Object', 'Promise', 'Proxy', 'RangeError'],
  ...['ReferenceError', 'RegExp', 'Set', 'SharedArrayBuffer', 'String', 'SuppressedError', 'Symbol', 'SyntaxError'],
  ...['TypeError', 'Uint8Array', 'Uint8ClampedArray', 'Uint16Array', 'Uint32Array', 'URIError', 'WeakMap', 'WeakRef'],
  ...['WeakSet', 'AsyncDisposableStack', 'DisposableStack', 'Atomics', 'Intl', 'JSON', 'Math', 'Reflect'],
  ...['Temporal', 'WebAssembly'],
])

/**
 * Removes all globals that Convex's runtime does not have. Node's own code, such as `fetch`, still
 * finds them, because it reads some of them when it runs.
 */
export function stripRealm(env: object): void {
  // Node loads the code of `fetch` at the first access. The code then stores some of the globals,
  // so it has to be loaded before they are removed.
  void [Request, Response, Headers, FormData, fetch]
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    if (!CONVEX_GLOBALS.has(name) && !LANGUAGE_GLOBALS.has(name))
      hide(name)
  }
  refuseBuiltins()
  define('self', globalThis)
  define('process', { env })
  define('AsyncLocalStorage', AsyncLocalStorage)
  define('AsyncResource', AsyncResource)
}

/**
 * Refuses imports of Node's modules. In Convex, such an import always fails, but esbuild does not
 * report it if the code handles the failure. Node versions before 22.15 cannot refuse an import.
 */
function refuseBuiltins(): void {
  nodeModule.registerHooks?.({
    resolve(specifier, context, nextResolve) {
      if (nodeModule.isBuiltin(specifier) && !context.parentURL?.startsWith('node:'))
        throw new Error(`Could not resolve "${specifier}"`)
      return nextResolve(specifier, context)
    },
  })
}

/**
 * Adds the globals that bundled CommonJS packages need. Convex also adds them to its Node runtime.
 */
export function completeNodeRealm(env: object, components: ComponentBundle[]): void {
  Object.defineProperty(process, 'env', { value: env, configurable: true, enumerable: true, writable: true })
  const file = components.flatMap(({ modules }) => Object.values(modules))[0]
  if (file === undefined)
    return
  define('require', nodeModule.createRequire(file))
  define('module', { exports: {} })
  define('exports', {})
  define('__filename', file)
  define('__dirname', dirname(file))
}

export function define(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, configurable: true, enumerable: false, writable: true })
}

/**
 * Makes a global `undefined` for all code except that of Node. If functions assign a value to the
 * global, functions read that value, and Node continues to read its own.
 */
function hide(name: string): void {
  const value = (globalThis as Record<string, unknown>)[name]
  const isDeleted = Reflect.deleteProperty(globalThis, name)
  if (!isDeleted)
    return
  let assigned: unknown
  Object.defineProperty(globalThis, name, {
    configurable: true,
    enumerable: false,
    get: () => isCalledByNode() ? value : assigned,
    set: newValue => assigned = newValue,
  })
}

function isCalledByNode(): boolean {
  // The first two call sites are this function and the getter.
  const caller = getCallSites(3)[2]
  return caller?.scriptName.startsWith('node:') ?? false
}
