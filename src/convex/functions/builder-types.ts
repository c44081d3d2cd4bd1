/** Types of the function builders that add `ctx.user` and `ctx.session`. */
import type {
  ArgsArrayForOptionalValidator,
  ArgsArrayToObject,
  DefaultArgsForOptionalValidator,
  DefaultFunctionArgs,
  FunctionVisibility,
  GenericActionCtx,
  GenericDataModel,
  GenericMutationCtx,
  GenericQueryCtx,
  RegisteredAction,
  RegisteredMutation,
  RegisteredQuery,
  ReturnValueForOptionalValidator,
} from 'convex/server'
import type { PropertyValidators, Validator } from 'convex/values'

/** A builder of Convex functions: `query` of `_generated/server`, or one of `convex-helpers`. */
export type AnyBuilder = (definition: any) => any

export type FunctionKind = 'query' | 'mutation' | 'action'

/** The handler that a builder accepts in place of an object with a handler. */
type Handler<Builder extends AnyBuilder> = Extract<Parameters<Builder>[0], (...args: any) => any>

/** The context that handlers of this builder receive. */
export type CtxOf<Builder extends AnyBuilder>
  = Handler<Builder> extends (ctx: infer Ctx, ...args: any) => any ? Ctx : never

export type KindOf<Builder extends AnyBuilder> = ReturnType<Builder> extends { isQuery: true }
  ? 'query'
  : ReturnType<Builder> extends { isMutation: true } ? 'mutation' : 'action'

export type VisibilityOf<Builder extends AnyBuilder>
  = ReturnType<Builder> extends { isPublic: true } ? 'public' : 'internal'

/** The data model of the app, inferred from the type of the builder. */
export type DataModelOf<Builder extends AnyBuilder> = CtxOf<Builder> extends GenericQueryCtx<infer DataModel>
  ? DataModel
  : CtxOf<Builder> extends GenericMutationCtx<infer DataModel>
    ? DataModel
    : CtxOf<Builder> extends GenericActionCtx<infer DataModel> ? DataModel : GenericDataModel

type Registered<
  Kind extends FunctionKind,
  Visibility extends FunctionVisibility,
  Args extends DefaultFunctionArgs,
  Returns,
> = {
  query: RegisteredQuery<Visibility, Args, Returns>
  mutation: RegisteredMutation<Visibility, Args, Returns>
  action: RegisteredAction<Visibility, Args, Returns>
}[Kind]

type Validators = PropertyValidators | Validator<any, 'required', any> | void

/** The context of a builder, with the caller. */
export type WithCaller<Ctx, Caller> = Omit<Ctx, keyof Caller> & Caller

/** A builder whose handlers receive this context; otherwise like the builder that it wraps. */
export interface CtxBuilder<Kind extends FunctionKind, Visibility extends FunctionVisibility, Ctx> {
  <
    ArgsValidator extends Validators,
    ReturnsValidator extends Validators,
    Returns extends ReturnValueForOptionalValidator<ReturnsValidator> = any,
    Args extends ArgsArrayForOptionalValidator<ArgsValidator> = DefaultArgsForOptionalValidator<ArgsValidator>,
  >(
    definition:
      | { args?: ArgsValidator, returns?: ReturnsValidator, handler: (ctx: Ctx, ...args: Args) => Returns }
      | ((ctx: Ctx, ...args: Args) => Returns),
  ): Registered<Kind, Visibility, ArgsArrayToObject<Args>, Returns>
}

/**
 * Decides whether the caller may run a function.
 *
 * `Proven` is the type that the context gains if the predicate has returned `true`, such as
 * `{ session: { activeOrganizationId: string } }`: promises cannot be type guards. The property
 * `proven` exists only in the type.
 *
 * @param ctx The context of the function, with `user` and `session`.
 * @param args The arguments of the function.
 */
export interface AuthPredicate<Ctx, Proven = unknown> {
  (ctx: Ctx, args: any): boolean | Promise<boolean>
  proven?: Proven
}

type ProvenOf<Proven, Name extends string> = Proven extends Record<Name, infer Value> ? Value : unknown

/** The caller of a function that needs a user. */
export interface Caller<User, Session> {
  user: User
  session: Session
}

/** The caller of a function that also runs anonymously: then both properties are `null`. */
export interface OptionalCaller<User, Session> {
  user: User | null
  session: Session | null
}

/**
 * A builder of functions that need a user, and that predicates may restrict further. It has no
 * `optional`, since a predicate needs a user.
 */
export interface AllowingBuilder<
  Kind extends FunctionKind,
  Visibility extends FunctionVisibility,
  Ctx,
  User,
  Session,
> extends CtxBuilder<Kind, Visibility, WithCaller<Ctx, Caller<User, Session>>> {
  /**
   * A builder whose functions throw a `ConvexError` with the code `FORBIDDEN` if the predicate
   * returns `false`.
   *
   * @param predicate The condition, such as `hasRole('admin')`.
   */
  allow: <Proven>(
    predicate: AuthPredicate<WithCaller<Ctx, Caller<User, Session>>, Proven>,
  ) => AllowingBuilder<Kind, Visibility, Ctx, User & ProvenOf<Proven, 'user'>, Session & ProvenOf<Proven, 'session'>>
}

/**
 * A builder whose handlers receive `ctx.user` and `ctx.session`. The function throws a
 * `ConvexError` with the code `UNAUTHENTICATED` if the caller has no session.
 */
export interface AuthedBuilder<
  Kind extends FunctionKind,
  Visibility extends FunctionVisibility,
  Ctx,
  User,
  Session,
> extends AllowingBuilder<Kind, Visibility, Ctx, User, Session> {
  /** The builder for functions that also run anonymously: then `ctx.user` is `null`. */
  optional: CtxBuilder<Kind, Visibility, WithCaller<Ctx, OptionalCaller<User, Session>>>
}

/** The builder that `withAuth` returns for another builder. */
export type AuthedBuilderOf<Builder extends AnyBuilder, User, Session>
  = AuthedBuilder<KindOf<Builder>, VisibilityOf<Builder>, CtxOf<Builder>, User, Session>
