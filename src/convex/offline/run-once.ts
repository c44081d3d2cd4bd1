/** Runs the handler of an offline mutation, unless a call with the same key has run. */
import type { JSONValue, Value } from 'convex/values'
import { convexToJson, jsonToConvex } from 'convex/values'
import { authError } from '../functions/auth-error.ts'
import { setupError } from '../setup-error.ts'
import { offlineError, readOfflineKey } from './offline-key.ts'

export interface KeyTable {
  name: string
  /** How long a key is valid, and how long its row remains at least, in milliseconds. */
  keepForMs: number
}

/** The longest stored result, in characters of JSON. A row of Convex may have 1 MiB. */
const LONGEST_RESULT = 256 * 1024

/** How many expired rows each offline mutation removes. */
const REMOVED_AT_ONCE = 4

/**
 * Everything happens in the transaction of the mutation: if the handler throws, the key is not
 * stored either, and two calls with the same key cannot both run.
 *
 * @throws {ConvexError} `UNAUTHENTICATED` if the call is anonymous, `FORBIDDEN` if another user has
 * made the call, `OFFLINE_KEY_INVALID`, and `OFFLINE_CALL_EXPIRED` if the call is older than the
 * table's rows.
 * @throws {ConvueError} `OFFLINE_RESULT_TOO_LONG`
 */
export async function runOnce(
  ctx: any,
  table: KeyTable,
  offlineKey: string,
  run: () => Promise<unknown>,
): Promise<unknown> {
  const { key, createdAt, userId } = readOfflineKey(offlineKey)
  const identity = await ctx.auth.getUserIdentity()
  if (!identity)
    throw authError('UNAUTHENTICATED')
  if (identity.subject !== userId)
    throw authError('FORBIDDEN', 'Another user has made this call.')

  const known = await ctx.db.query(table.name).withIndex('by_key', (q: any) => q.eq('key', key)).unique()
  if (known && known.user !== identity.tokenIdentifier)
    throw authError('FORBIDDEN', 'Another user has made this call.')
  if (known)
    return jsonToConvex(JSON.parse(known.result) as JSONValue)

  const now = Date.now()
  // The row of a valid key is never removed: it expires with the key or later.
  if (createdAt + table.keepForMs < now)
    throw offlineError('OFFLINE_CALL_EXPIRED', 'This call is too old. It may have run already.')
  const result = await run()
  await ctx.db.insert(table.name, {
    key,
    user: identity.tokenIdentifier,
    result: toText(result),
    expiresAt: Math.max(now, createdAt) + table.keepForMs,
  })
  await removeExpired(ctx, table, now)
  return result
}

function toText(result: unknown): string {
  const text = JSON.stringify(convexToJson((result === undefined ? null : result) as Value))
  if (text.length > LONGEST_RESULT)
    throw setupError('OFFLINE_RESULT_TOO_LONG', LONGEST_RESULT)
  return text
}

async function removeExpired(ctx: any, { name }: KeyTable, now: number): Promise<void> {
  const expired = await ctx.db.query(name)
    .withIndex('by_expiry', (q: any) => q.lt('expiresAt', now))
    .take(REMOVED_AT_ONCE)
  for (const { _id } of expired)
    await ctx.db.delete(_id)
}
