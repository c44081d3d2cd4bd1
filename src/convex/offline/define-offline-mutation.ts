/** `defineOfflineMutation`: a builder of mutations that run once, even if they are sent again. */
import type {
  ArgsArrayForOptionalValidator,
  ArgsArrayToObject,
  DefaultArgsForOptionalValidator,
  DefaultFunctionArgs,
  FunctionVisibility,
  RegisteredMutation,
  ReturnValueForOptionalValidator,
} from 'convex/server'
import type { GenericValidator, PropertyValidators, Validator } from 'convex/values'
import type { AnyBuilder, CtxOf, VisibilityOf } from '../functions/builder-types.ts'
import type { KeyTable } from './run-once.ts'
import { v } from 'convex/values'
import { setupError } from '../setup-error.ts'
import { runOnce } from './run-once.ts'

/** Options of {@link defineOfflineMutation}. */
export interface OfflineMutationOptions {
  /** The name of the table in the schema of the app. @default 'offlineKeys' */
  table?: string
  /**
   * How old a stored call may be when it runs, in milliseconds. The rows of the table remain at
   * least as long. An older call fails with a `ConvexError` with the code `OFFLINE_CALL_EXPIRED`.
   *
   * @default 2_592_000_000 (30 days)
   */
  keepForMs?: number
}

type Validators = PropertyValidators | Validator<any, 'required', any> | void

/** The arguments with the hidden key, which `useConvexMutation` adds with `offline: true`. */
export type OfflineArgs<Args extends DefaultFunctionArgs>
  = Args extends Record<string, never> ? { offlineKey?: string } : Args & { offlineKey?: string }

/** A builder of mutations for `offline: true`; otherwise like the builder that it wraps. */
export interface OfflineMutationBuilder<Visibility extends FunctionVisibility, Ctx> {
  <
    ArgsValidator extends Validators,
    ReturnsValidator extends Validators,
    Returns extends ReturnValueForOptionalValidator<ReturnsValidator> = any,
    Args extends ArgsArrayForOptionalValidator<ArgsValidator> = DefaultArgsForOptionalValidator<ArgsValidator>,
  >(
    definition:
      | { args?: ArgsValidator, returns?: ReturnsValidator, handler: (ctx: Ctx, ...args: Args) => Returns }
      | ((ctx: Ctx, ...args: Args) => Returns),
  ): RegisteredMutation<Visibility, OfflineArgs<ArgsArrayToObject<Args>>, Returns>
}

const THIRTY_DAYS_MS = 30 * 24 * 60 * 60 * 1000

/**
 * A builder of mutations that pages may call with `offline: true`. Each stored call runs once, and
 * only as the user who made it: the mutation stores the key of the call in the same transaction,
 * and a repeated call receives the stored result. Calls without a key run as usual.
 *
 * @param builder `mutation` of `_generated/server`, or a builder that is based on it, such as
 * `authedMutation`.
 * @param options The table, and how old a call may be.
 * @throws {ConvueError} `CONVEX_OPTION_INVALID`
 * @example
 * export const offlineMutation = defineOfflineMutation(mutation)
 */
export function defineOfflineMutation<Builder extends AnyBuilder>(
  builder: Builder,
  options: OfflineMutationOptions = {},
): OfflineMutationBuilder<VisibilityOf<Builder>, CtxOf<Builder>> {
  if (typeof builder !== 'function')
    throw setupError('CONVEX_OPTION_INVALID', '`defineOfflineMutation` needs a builder, such as `mutation`')
  const { table = 'offlineKeys', keepForMs = THIRTY_DAYS_MS } = options
  if (!(keepForMs > 0))
    throw setupError('CONVEX_OPTION_INVALID', '`keepForMs` must be a positive number of milliseconds')
  return wrapBuilder(builder, { name: table, keepForMs })
}

function wrapBuilder(builder: AnyBuilder, table: KeyTable): AnyBuilder {
  return (definition) => {
    const object = typeof definition === 'function' ? { handler: definition } : definition
    const { handler, args: validators } = object
    return builder({
      // Further properties are for the wrapped builder: `returns`, and those of an app.
      ...object,
      ...validators && { args: withKey(validators) },
      handler: async (ctx: unknown, { offlineKey, ...args }: { offlineKey?: string } = {}) => {
        const run = async (): Promise<unknown> => await handler(ctx, args)
        return offlineKey === undefined ? await run() : await runOnce(ctx, table, offlineKey, run)
      },
    })
  }
}

/** Adds the key to the validators of the arguments, which may be an object or `v.object`. */
function withKey(validators: PropertyValidators | GenericValidator): PropertyValidators | GenericValidator {
  const offlineKey = v.optional(v.string())
  if (!('isConvexValidator' in validators))
    return { ...validators, offlineKey }
  const { kind, fields } = validators as Validator<any, any, any> & { fields?: PropertyValidators }
  if (kind !== 'object' || !fields)
    throw setupError('CONVEX_OPTION_INVALID', '`args` of an offline mutation is neither an object nor `v.object`')
  return v.object({ ...fields, offlineKey })
}
