/** Hides the assignments of a call to globals from other calls, as on Convex. */
import type { CallFrame } from './call-frame.ts'
import { currentFrame } from './call-frame.ts'

type Globals = Record<string, unknown>

const nativeMath = Math

/** The globals that a call sees instead of the shared ones. */
const assigned = new WeakMap<CallFrame, Map<string, unknown>>()
/** `false` until a call replaces a global, so that reads of globals stay fast. */
let isAnyAssigned = false

/**
 * Isolates the assignments to some globals, and to `Math`. All calls see the values that
 * modules assign while they are evaluated.
 *
 * @see docs/contributing/embedded-deployment.md#loading
 */
export function isolateGlobals(names: Iterable<string>): void {
  for (const name of names) {
    if (Object.getOwnPropertyDescriptor(globalThis, name)?.configurable)
      isolate(name, (globalThis as Globals)[name])
  }
}

function isolate(name: string, initial: unknown): void {
  let shared = initial
  const { enumerable } = Object.getOwnPropertyDescriptor(globalThis, name)!
  Object.defineProperty(globalThis, name, {
    configurable: true,
    enumerable,
    get: () => {
      if (!isAnyAssigned)
        return shared
      const own = ownGlobals()
      if (own?.has(name))
        return own.get(name)
      return shared
    },
    set: (value) => {
      const frame = currentFrame()
      if (frame === undefined || frame.kind === 'import')
        shared = value
      else
        assign(frame, name, value)
    },
  })
}

function ownGlobals(): Map<string, unknown> | undefined {
  const frame = currentFrame()
  return frame && assigned.get(frame)
}

function assign(frame: CallFrame, name: string, value: unknown): void {
  if (!isAnyAssigned) {
    isAnyAssigned = true
    isolateMath(frame)
  }
  const own = assigned.get(frame) ?? new Map<string, unknown>()
  assigned.set(frame, own.set(name, value))
}

/**
 * Loops read `Math`, and an accessor would take ten times as long as a value. So `Math` becomes
 * an accessor when a call first replaces a global; the call may have replaced `Math` just before.
 */
function isolateMath(frame: CallFrame): void {
  const current = Math
  isolate('Math', nativeMath)
  if (current !== nativeMath)
    assign(frame, 'Math', current)
}
