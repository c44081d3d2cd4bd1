/** Reads users, sessions and members, from the component or from the app's own tables. */
import type { Auth, FunctionReference, UserIdentity } from 'convex/server'
import { setupError } from '../setup-error.ts'

/** An internal query that reads one document, of the component or of the app's adapter. */
export type FindOne = FunctionReference<'query', 'internal', any, any>

/** The part of a Convex function's context that the helpers use. Actions have no `db`. */
export interface FunctionCtx {
  auth: Auth
  runQuery: (query: any, args: any) => Promise<any>
  db?: { normalizeId: (table: any, id: string) => any, get: (id: any) => Promise<any> }
}

/** A condition of a look-up; all conditions must hold. */
interface Condition { field: string, value: string }

type Document = Record<string, any>

export interface AuthReader {
  /**
   * @returns The document with this id, or `null` if there is none in this table.
   */
  get: (ctx: FunctionCtx, model: string, id: string) => Promise<Document | null>
  /**
   * @returns A document that fulfils all conditions, or `null`.
   */
  findOne: (ctx: FunctionCtx, model: string, where: Condition[]) => Promise<Document | null>
}

/** Reads the tables of a component, to which the app has no other access. */
export function componentReader(findOne: FindOne): AuthReader {
  const find: AuthReader['findOne'] = async (ctx, model, where) => await ctx.runQuery(findOne, { model, where })
  return {
    get: async (ctx, model, id) => await find(ctx, model, [{ field: '_id', value: id }]),
    findOne: find,
  }
}

/**
 * Reads the tables in the app's own schema. Queries and mutations read a document by its id without
 * another call.
 *
 * @param findOne The query for look-ups in actions, for look-ups by fields other than ids, and for
 * rows whose ids Convex has not chosen.
 */
export function localReader(findOne: FindOne | undefined): AuthReader {
  const find: AuthReader['findOne'] = async (ctx, model, where) => {
    if (!findOne)
      throw setupError('AUTH_LOOKUP_MISSING', model)
    const row: Document | null = await ctx.runQuery(findOne, { model, where })
    return row && asDocument(row)
  }
  return {
    async get(ctx, model, id) {
      // The id comes from a token, which another provider may have issued.
      const key = ctx.db?.normalizeId(model, id) ?? null
      if (ctx.db && key !== null)
        return await ctx.db.get(key)
      return ctx.db && !findOne ? null : await find(ctx, model, [{ field: 'id', value: id }])
    },
    findOne: find,
  }
}

/** The document of a row, to which an adapter has added Convex's own id as `id`. */
function asDocument({ id, ...document }: Document): Document {
  return id === undefined || id === document._id ? document : { id, ...document }
}

/**
 * The id that Better Auth uses for a document: the document's own id, or else the id that Convex
 * has chosen.
 */
export function idOf({ _id, id = _id }: Document): string {
  return id
}

/** The claims of a token that Better Auth has issued: they name the user and the session. */
export type AuthUserIdentity<UserId = string, SessionId = string> = UserIdentity & {
  userId: UserId
  sessionId: SessionId
}

/**
 * @returns The claims of the caller's token, or `null` if there is no token or if it names no
 * session of Better Auth.
 * @throws {ConvueError} `CONVEX_CONTEXT_INVALID` if `ctx` is not the context of a function.
 */
export async function readIdentity(ctx: FunctionCtx, caller: string): Promise<AuthUserIdentity | null> {
  if (typeof ctx?.auth?.getUserIdentity !== 'function')
    throw setupError('CONVEX_CONTEXT_INVALID', caller)
  const identity = await ctx.auth.getUserIdentity()
  const sessionId: unknown = identity?.sessionId
  if (!identity || typeof sessionId !== 'string')
    return null
  return { ...identity, userId: identity.subject, sessionId }
}

/** A user with a session that has not ended. */
export interface LiveSession { user: Document, session: Document }

/**
 * @returns The caller's user and session, or `null` if the session has ended or expired. A token
 * remains valid after its session, so the documents in the database decide.
 */
export async function readSession(
  reader: AuthReader,
  tables: { user: string, session: string },
  ctx: FunctionCtx,
  caller: string,
): Promise<LiveSession | null> {
  const identity = await readIdentity(ctx, caller)
  if (!identity)
    return null
  const [session, user] = await Promise.all([
    reader.get(ctx, tables.session, identity.sessionId),
    reader.get(ctx, tables.user, identity.userId),
  ])
  const isLive = user && session && session.userId === idOf(user) && Number(session.expiresAt) > Date.now()
  return isLive ? { user, session } : null
}
