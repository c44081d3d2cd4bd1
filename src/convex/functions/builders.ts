/** Builders of Convex functions that add the caller to the context, and check permissions. */
import type { AnyBuilder } from './builder-types.ts'
import { setupError } from '../setup-error.ts'
import { authError } from './auth-error.ts'

type Ctx = Record<string, any>
type Predicate = (ctx: any, args: any) => boolean | Promise<boolean>
/** Reads the properties that a builder adds to the context. */
type ReadCaller = (ctx: any) => Promise<object>

export interface CallerReaders {
  /** Throws if there is no caller. */
  required: ReadCaller
  optional: ReadCaller
}

interface AllowingBuilder {
  (definition: any): any
  allow: (predicate: Predicate) => AllowingBuilder
}

interface Builder extends AllowingBuilder {
  optional: AnyBuilder
}

/**
 * Wraps a builder, so that its handlers receive the caller in their context.
 *
 * @param builder A builder of `_generated/server` or of `convex-helpers`.
 * @param readers The functions that read the caller.
 * @param name The option that contained the builder, for errors.
 */
export function authedBuilder(builder: AnyBuilder, readers: CallerReaders, name: string): Builder {
  if (typeof builder !== 'function')
    throw setupError('CONVEX_OPTION_INVALID', `\`${name}\` is not a builder of functions, such as \`query\``)
  return Object.assign(allowing(builder, readers, []), { optional: withCaller(builder, readers.optional, []) })
}

/** The returned builder has no `optional`, since a predicate cannot decide without a user. */
function allowing(builder: AnyBuilder, readers: CallerReaders, predicates: Predicate[]): AllowingBuilder {
  return Object.assign(withCaller(builder, readers.required, predicates), {
    allow(predicate: Predicate) {
      if (typeof predicate !== 'function')
        throw setupError('CONVEX_OPTION_INVALID', '`allow` needs a function, such as `hasRole(\'admin\')`')
      return allowing(builder, readers, [...predicates, predicate])
    },
  })
}

function withCaller(builder: AnyBuilder, read: ReadCaller, predicates: Predicate[]): AnyBuilder {
  return (definition) => {
    const object = typeof definition === 'function' ? { handler: definition } : definition
    const { handler } = object
    return builder({
      // Further properties are for the wrapped builder: `args`, `returns`, and those of an app.
      ...object,
      handler: async (ctx: Ctx, args: unknown) => {
        const caller = { ...ctx, ...await read(ctx) }
        for (const predicate of predicates) {
          if (!await predicate(caller, args))
            throw authError('FORBIDDEN')
        }
        return await handler(caller, args)
      },
    })
  }
}
