/** Lets Better Auth's endpoints run in a query, where an adapter cannot write. */

const WRITES = ['create', 'update', 'updateMany', 'delete', 'deleteMany'] as const

/**
 * Returns whether the adapter belongs to a query. The adapters of Convue and of
 * `@convex-dev/better-auth` have an option for this; other adapters do not.
 */
export function isQueryContext(ctx: any): boolean {
  return ctx.context.adapter.options?.isRunMutationCtx === false
}

/**
 * Replaces the writes of the adapter. Better Auth renews sessions and deletes expired rows when it
 * reads; in a query, these writes would fail a request that only reads.
 */
export function ignoreWrites({ context }: any): void {
  for (const method of WRITES)
    context.adapter[method] = async () => 0
  context.internalAdapter.deleteSession = async () => {}
}
