/** The options of `defineAuthFunctions`, and the type of its result. */
import type { DataModelFromSchemaDefinition, SchemaDefinition } from 'convex/server'
import type { AuthWithApi } from './auth-api.ts'
import type { AuthUserIdentity, FindOne, FunctionCtx } from './auth-reader.ts'
import type {
  AnyBuilder,
  AuthedBuilderOf,
  AuthPredicate,
  Caller,
  DataModelOf,
  OptionalCaller,
} from './builder-types.ts'
import type { AuthDocuments, ComponentDocuments, ComponentDocumentsOf, LocalDocuments } from './documents.ts'
import type { MemberOptions, MemberProof } from './predicates.ts'
import type { AuthWithContext } from './session-headers.ts'

/** The part of the result of `betterAuth` that the functions use. */
export interface AuthInstance extends AuthWithApi, AuthWithContext {}

/** The options of `defineAuthFunctions` that do not depend on the place of the auth tables. */
interface CommonOptions {
  /**
   * `query` of `./_generated/server`, or a builder of `convex-helpers`. The data model of the app
   * is inferred from it.
   */
  query: AnyBuilder
  /** `mutation` of `./_generated/server`, or a builder of `convex-helpers`. */
  mutation: AnyBuilder
  /** `action` of `./_generated/server`, or a builder of `convex-helpers`. */
  action: AnyBuilder
  /**
   * Returns the app's Better Auth for a context. Only `getAuth`, `getHeaders` and `safeGetHeaders`
   * call it. Leave it out if Better Auth runs on the app's own server: the result then does not
   * have these three helpers.
   */
  createAuth?: ((ctx: any) => AuthInstance) | undefined
}

/** The options if the auth tables belong to the component `@convex-dev/better-auth`. */
export interface ComponentAuthFunctionsOptions extends CommonOptions {
  /** `components.betterAuth` of `./_generated/api`. */
  component: { adapter: { findOne: FindOne } }
  /**
   * The schema of a component that is in the app's own folder, for the types of its fields.
   * @default The fields of the component's own schema.
   */
  schema?: SchemaDefinition<any, any>
}

/**
 * The internal functions of a database adapter that the helpers call. TypeScript needs the type as
 * an annotation, since the type of `internal` depends on the file that uses it:
 * `const functions: AuthTableFunctions = internal.auth`.
 */
export interface AuthTableFunctions {
  /**
   * Returns the document of `model` for which all conditions of `where` hold, or `null`. The field
   * `id` is Convex's `_id`, or the row's own id.
   */
  findOne: FindOne
}

/** The options if the auth tables are in the app's own schema. */
export interface LocalAuthFunctionsOptions extends CommonOptions {
  component?: undefined
  /**
   * The app's schema, for the types of the user and the session. Only needed if the builders hide
   * the data model, as builders with `convex-ents` that remove `ctx.db` do.
   * @default The data model of `query`.
   */
  schema?: SchemaDefinition<any, any>
  /**
   * The internal functions of the database adapter, such as `internal.auth`. Actions read the user
   * with `findOne`, and {@link AuthFunctions.isMember} reads members.
   */
  functions?: AuthTableFunctions
  /**
   * The names of the tables, if Better Auth's option `modelName` changes them.
   * @default { user: 'user', session: 'session', member: 'member' }
   */
  tables?: { user?: string, session?: string, member?: string }
}

export type AuthFunctionsOptions = ComponentAuthFunctionsOptions | LocalAuthFunctionsOptions

type TableOf<Options, Model extends string> = Options extends { tables: Record<Model, infer Table extends string> }
  ? Table
  : Model

/** The types of the user and the session, for the options of `defineAuthFunctions`. */
export type DocumentsOf<Options extends AuthFunctionsOptions> = Options extends { component: object }
  ? Options extends { schema: infer Schema extends SchemaDefinition<any, any> }
    ? ComponentDocumentsOf<Schema>
    : ComponentDocuments
  : LocalDocuments<DataModelOfOptions<Options>, TableOf<Options, 'user'>, TableOf<Options, 'session'>>

type DataModelOfOptions<Options extends AuthFunctionsOptions>
  = Options extends { schema: infer Schema extends SchemaDefinition<any, any> }
    ? DataModelFromSchemaDefinition<Schema>
    : DataModelOf<Options['query']>

/** The result of `defineAuthFunctions`, for its options. */
export type AuthFunctionsOf<Options extends AuthFunctionsOptions>
  = Options extends { createAuth: (ctx: any) => infer Auth extends AuthInstance }
    ? AuthFunctions<DocumentsOf<Options>, Auth, Options['query'], Options['mutation'], Options['action']>
    : CallerFunctions<DocumentsOf<Options>, Options['query'], Options['mutation'], Options['action']>

/**
 * The result of `defineAuthFunctions` without `createAuth`. Each helper that needs a caller throws
 * a `ConvexError` with the code `UNAUTHENTICATED` if there is none; its `safe…` variant returns
 * `null` instead.
 */
export interface CallerFunctions<
  Documents extends AuthDocuments,
  Query extends AnyBuilder,
  Mutation extends AnyBuilder,
  Action extends AnyBuilder,
> {
  /**
   * The claims of the caller's token. Reads no document, so the claims of a session that has ended
   * are returned until the token expires.
   */
  getAuthUserIdentity: (ctx: FunctionCtx) => Promise<IdentityOf<Documents>>
  safeGetAuthUserIdentity: (ctx: FunctionCtx) => Promise<IdentityOf<Documents> | null>
  /**
   * The id of the caller's user, from the token. Reads no document, so the id of a session that has
   * ended is returned until the token expires.
   */
  getAuthUserId: (ctx: FunctionCtx) => Promise<Documents['user']['_id']>
  safeGetAuthUserId: (ctx: FunctionCtx) => Promise<Documents['user']['_id'] | null>
  /** The caller's user. Reads the session too: after a sign-out there is no user. */
  getAuthUser: (ctx: FunctionCtx) => Promise<Documents['user']>
  safeGetAuthUser: (ctx: FunctionCtx) => Promise<Documents['user'] | null>
  /** The caller's session, without its token, which is a secret. */
  getSession: (ctx: FunctionCtx) => Promise<Documents['session']>
  safeGetSession: (ctx: FunctionCtx) => Promise<Documents['session'] | null>
  /**
   * The caller as an object for the context of a function, for `customCtx` and the other custom
   * functions of `convex-helpers`.
   */
  authedCtx: (ctx: FunctionCtx) => Promise<Caller<Documents['user'], Documents['session']>>
  /** Like `authedCtx`, but both properties are `null` for an anonymous caller. */
  optionalAuthedCtx: (ctx: FunctionCtx) => Promise<OptionalCaller<Documents['user'], Documents['session']>>
  /** `query` with `ctx.user` and `ctx.session`. */
  authedQuery: AuthedBuilderOf<Query, Documents['user'], Documents['session']>
  /** `mutation` with `ctx.user` and `ctx.session`. */
  authedMutation: AuthedBuilderOf<Mutation, Documents['user'], Documents['session']>
  /** `action` with `ctx.user` and `ctx.session`, as they were when the action began. */
  authedAction: AuthedBuilderOf<Action, Documents['user'], Documents['session']>
  /** Any other builder with `ctx.user` and `ctx.session`, such as `internalQuery`. */
  withAuth: <Builder extends AnyBuilder>(
    builder: Builder,
  ) => AuthedBuilderOf<Builder, Documents['user'], Documents['session']>
  /**
   * Returns a predicate for `allow` that allows the members of an organization. With
   * `organization: 'active'`, `ctx.session.activeOrganizationId` is a string afterwards.
   *
   * @throws {ConvueError} `CONVEX_OPTION_INVALID` without an organization.
   */
  isMember: <Options extends MemberOptions>(options: Options) => MemberPredicate<MemberProof<Options>>
}

/** The result of `defineAuthFunctions` with `createAuth`. */
export interface AuthFunctions<
  Documents extends AuthDocuments,
  Auth extends AuthInstance,
  Query extends AnyBuilder,
  Mutation extends AnyBuilder,
  Action extends AnyBuilder,
> extends CallerFunctions<Documents, Query, Mutation, Action> {
  /** Headers with which `auth.api` acts as the caller. They contain the secret of the session. */
  getHeaders: (ctx: FunctionCtx) => Promise<Headers>
  /** The same headers, or empty headers if there is no session. */
  safeGetHeaders: (ctx: FunctionCtx) => Promise<Headers>
  /**
   * Better Auth with the headers of the caller, which are empty without a session. The methods of
   * `auth.api` throw a `ConvexError` with `code`, `message` and `status`: see `wrapAuthApi`.
   */
  getAuth: (ctx: FunctionCtx) => Promise<{ auth: Auth, headers: Headers }>
}

/** The predicate that `isMember` returns. */
export interface MemberPredicate<Proven> extends AuthPredicate<FunctionCtx & MemberCtx, Proven> {
  (ctx: FunctionCtx & MemberCtx, args: any): Promise<boolean>
}

/** The part of a function's context that `isMember` reads. */
export interface MemberCtx { user: { _id: string }, session: object }

type IdentityOf<Documents extends AuthDocuments>
  = AuthUserIdentity<Documents['user']['_id'], Documents['session']['_id']>
