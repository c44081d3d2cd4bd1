/** `defineAuthFunctions`: helpers and builders for functions that need the signed-in user. */
import type { AuthFunctions, AuthFunctionsOf, AuthFunctionsOptions, AuthInstance } from './auth-functions.ts'
import type { AuthReader, FunctionCtx, LiveSession } from './auth-reader.ts'
import type { AnyBuilder } from './builder-types.ts'
import { includesOneOf } from '../../shared/roles.ts'
import { setupError } from '../setup-error.ts'
import { wrapAuthApi } from './auth-api.ts'
import { authError } from './auth-error.ts'
import { componentReader, idOf, localReader, readIdentity, readSession } from './auth-reader.ts'
import { authedBuilder } from './builders.ts'
import { checkMemberOptions, organizationOf } from './predicates.ts'
import { sessionHeaders } from './session-headers.ts'

/**
 * Helpers and builders for the Convex functions of an app that uses Better Auth. The auth tables
 * belong to the component `@convex-dev/better-auth` (option `component`), or are in the app's own
 * schema.
 *
 * @throws {ConvueError} `CONVEX_OPTION_INVALID` for a missing or wrong option.
 */
export function defineAuthFunctions<const Options extends AuthFunctionsOptions>(
  options: Options,
): AuthFunctionsOf<Options>
export function defineAuthFunctions(options: AuthFunctionsOptions): object {
  checkOptions(options)
  const { query, mutation, action } = options
  const tables = { user: 'user', session: 'session', member: 'member', ...'tables' in options ? options.tables : {} }
  const reader = readerOf(options)
  const readCaller = async (ctx: FunctionCtx, name: string): Promise<LiveSession | null> =>
    await readSession(reader, tables, ctx, name)

  /** Two variants of a helper: one throws if there is no value, and the other returns `null`. */
  function pairOf<Value>(name: string, read: Read<Value>): Helpers<Value> {
    return {
      required: async ctx => requireValue(await read(ctx, name)),
      safe: async ctx => await read(ctx, name),
    }
  }

  const identity = pairOf('getAuthUserIdentity', readIdentity)
  const userId = pairOf('getAuthUserId', async (ctx, name) => (await readIdentity(ctx, name))?.userId ?? null)
  const user = pairOf('getAuthUser', async (ctx, name) => (await readCaller(ctx, name))?.user ?? null)
  const session = pairOf('getSession', async (ctx, name) => withoutToken(await readCaller(ctx, name))?.session ?? null)
  const headers = pairOf('getHeaders', async (ctx, name) => {
    const caller = await readCaller(ctx, name)
    return caller && await sessionHeaders(createAuth(options, ctx, name), caller.session)
  })
  const caller = pairOf('authedCtx', async (ctx, name) => withoutToken(await readCaller(ctx, name)))

  const safeGetHeaders = async (ctx: FunctionCtx): Promise<Headers> => await headers.safe(ctx) ?? new Headers()
  const optionalAuthedCtx = async (ctx: FunctionCtx): Promise<object> =>
    await caller.safe(ctx) ?? { user: null, session: null }
  const readers = { required: caller.required, optional: optionalAuthedCtx }

  return {
    getAuthUserIdentity: identity.required,
    safeGetAuthUserIdentity: identity.safe,
    getAuthUserId: userId.required,
    safeGetAuthUserId: userId.safe,
    getAuthUser: user.required,
    safeGetAuthUser: user.safe,
    getSession: session.required,
    safeGetSession: session.safe,
    getHeaders: headers.required,
    safeGetHeaders,
    getAuth: async (ctx: FunctionCtx) => {
      const auth = createAuth(options, ctx, 'getAuth')
      const caller = await readCaller(ctx, 'getAuth')
      return {
        auth: { ...auth, api: wrapAuthApi(auth) },
        headers: caller ? await sessionHeaders(auth, caller.session) : new Headers(),
      }
    },
    authedCtx: caller.required,
    optionalAuthedCtx,
    authedQuery: authedBuilder(query, readers, 'query'),
    authedMutation: authedBuilder(mutation, readers, 'mutation'),
    authedAction: authedBuilder(action, readers, 'action'),
    withAuth: (builder: AnyBuilder) => authedBuilder(builder, readers, 'builder'),
    isMember(memberOptions) {
      checkMemberOptions(memberOptions)
      return async (ctx, args) => {
        const organizationId = organizationOf(memberOptions, ctx.session, args)
        if (organizationId === null)
          return false
        const member = await reader.findOne(ctx, tables.member, [
          { field: 'organizationId', value: organizationId },
          { field: 'userId', value: idOf(ctx.user) },
        ])
        const { roles } = memberOptions
        return member !== null && (!roles || includesOneOf(member.role, roles))
      }
    },
  } satisfies Record<keyof AuthFunctions<any, any, any, any, any>, unknown> & Pick<AnyAuthFunctions, 'isMember'>
}

type AnyAuthFunctions = AuthFunctions<any, any, any, any, any>

type Read<Value> = (ctx: FunctionCtx, name: string) => Promise<Value | null>

interface Helpers<Value> {
  required: (ctx: FunctionCtx) => Promise<Value>
  safe: (ctx: FunctionCtx) => Promise<Value | null>
}

function requireValue<Value>(value: Value | null): Value {
  if (value === null)
    throw authError('UNAUTHENTICATED')
  return value
}

function withoutToken(caller: LiveSession | null): LiveSession | null {
  if (!caller)
    return null
  const { token: _secret, ...session } = caller.session
  return { user: caller.user, session }
}

/** TypeScript reports a call without `createAuth`; plain JavaScript needs this error. */
function createAuth(options: AuthFunctionsOptions, ctx: FunctionCtx, name: string): AuthInstance {
  if (!options.createAuth)
    throw setupError('CONVEX_OPTION_INVALID', `\`${name}\` needs the option \`createAuth\` of \`defineAuthFunctions\``)
  return options.createAuth(ctx)
}

function checkOptions(options: AuthFunctionsOptions): void {
  if (options?.createAuth !== undefined && typeof options.createAuth !== 'function')
    throw setupError('CONVEX_OPTION_INVALID', '`createAuth` is not a function that returns the result of `betterAuth`')
  if ('component' in options && !options.component?.adapter?.findOne)
    throw setupError('CONVEX_OPTION_INVALID', '`component` is not the Better Auth component, `components.betterAuth`')
  if ('functions' in options && !options.functions?.findOne)
    throw setupError('CONVEX_OPTION_INVALID', '`functions` has no internal function `findOne`')
}

function readerOf(options: AuthFunctionsOptions): AuthReader {
  if (options.component)
    return componentReader(options.component.adapter.findOne)
  return localReader(options.functions?.findOne)
}
