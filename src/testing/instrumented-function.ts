/** Wraps the functions of a module, so that runs are logged and components are found. */
import type { Value } from 'convex/values'
import type { Frame, Frames } from './execution.ts'
import type { FunctionKind, RegisteredFunction } from './registered-function.ts'
import type { ValidatorJSON } from './validate.ts'
import { Execution } from './execution.ts'
import { kindOf } from './registered-function.ts'
import { findViolation } from './validate.ts'

type Args = Record<string, Value>

/** A scheduled function that has ended. */
export interface ScheduledRun { kind: FunctionKind, name: string, args: Args, error: unknown }

/** The component and the name of a function, and the receiver of its scheduled runs. */
export interface FunctionPlace {
  component: string
  name: string
  frames: Frames
  onScheduledRun: (run: ScheduledRun) => void
}

const ANY_VALIDATOR = JSON.stringify({ type: 'any' })

/**
 * Wraps a function for convex-test. The wrapper records the function's component, and checks its
 * validators with Convex's messages inside the transaction. convex-test receives no validators,
 * since it would only validate a return value after the commit.
 */
export function instrumentFunction(registered: RegisteredFunction, { component, name, frames, onScheduledRun }: FunctionPlace): RegisteredFunction {
  const kind = kindOf(registered)
  const argsValidator = JSON.parse(registered.exportArgs()) as ValidatorJSON
  const returnsValidator = JSON.parse(registered.exportReturns()) as ValidatorJSON | null

  const run = async (ctx: unknown, args: Args, frame: Frame): Promise<unknown> => {
    try {
      assertValid('ArgumentValidationError', argsValidator, args)
      const result = await frames.run(frame, async () => await registered._handler(ctx, args))
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
    const caller = frames.getStore()
    if (caller) {
      return await run(ctx, args, { execution: caller.execution, component, kind, depth: caller.depth + 1 })
    }
    // The scheduler has called the function, not a client.
    let error: unknown = null
    try {
      return await run(ctx, args, { execution: new Execution(), component, kind, depth: 1 })
    }
    catch (thrown) {
      error = thrown
      throw thrown
    }
    finally {
      onScheduledRun({ kind, name, args, error })
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

/**
 * The error of an argument or a return value that its validator refuses. It is reported without a
 * stack, as by Convex.
 */
export class ValidationError extends Error {}

function assertValid(problem: 'ArgumentValidationError' | 'ReturnsValidationError', validator: ValidatorJSON, value: Value): void {
  const violation = findViolation(validator, value)
  if (violation !== null)
    throw new ValidationError(`${problem}: ${violation}`)
}
