/** `defineKeyActions()`: functions with which a developer creates and rotates signing keys. */
import type { RegisteredAction } from 'convex/server'
import type { SigningKey } from './signing-keys.ts'
import { internalActionGeneric } from 'convex/server'
import { v } from 'convex/values'
import { setupError } from '../setup-error.ts'

/** Creates the Better Auth instance of a call, with the plugin `convex()`. */
type CreateAuth = (ctx: any) => { api: object }

/** The result of {@link defineKeyActions}. */
export interface KeyActions {
  /** Prints the value for the variable `JWKS`. Creates the first key. */
  getLatestJwks: RegisteredAction<'internal', Record<string, never>, Promise<SigningKey[]>>
  /**
   * Creates a new key, and prints the value for the variable `JWKS`. The tokens of the previous key
   * remain valid until they expire, unless `revoke` is `true` or the algorithm of the keys changes.
   */
  rotateKeys: RegisteredAction<'internal', { revoke?: boolean }, Promise<SigningKey[]>>
}

/**
 * The internal actions that print the value of the variable `JWKS`, for `npx convex run`.
 *
 * @throws ConvueError `CONVEX_OPTION_INVALID` when an action runs, if `createAuth` does not use the
 * plugin `convex()`.
 * @example
 * // npx convex run auth:rotateKeys | npx convex env set JWKS
 * export const { getLatestJwks, rotateKeys } = defineKeyActions(createAuth)
 */
export function defineKeyActions(createAuth: CreateAuth): KeyActions {
  return {
    getLatestJwks: internalActionGeneric({
      args: {},
      handler: async ctx => endpointOf(createAuth(ctx), 'getLatestJwks')({}),
    }),
    rotateKeys: internalActionGeneric({
      args: { revoke: v.optional(v.boolean()) },
      handler: async (ctx, { revoke }) => endpointOf(createAuth(ctx), 'rotateKeys')({ body: { revoke } }),
    }),
  } as KeyActions
}

function endpointOf({ api }: { api: any }, name: keyof KeyActions): (input: object) => Promise<SigningKey[]> {
  if (typeof api?.[name] !== 'function')
    throw setupError('CONVEX_OPTION_INVALID', 'the `plugins` of Better Auth must contain `convex()`')
  return api[name]
}
