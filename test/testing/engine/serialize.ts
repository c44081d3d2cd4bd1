import type { FilterBuilder, GenericDatabaseReader, GenericTableInfo } from 'convex/server'
import type { ExpressionJSON } from '../../../src/testing/engine/filter.ts'
import { queryGeneric } from 'convex/server'

type Database = GenericDatabaseReader<any>

/** A query as `convex/server` serializes it for the backend. */
export function serializeQuery<QueryJSON>(build: (db: Database) => AsyncIterable<unknown>): QueryJSON {
  let serialized: string | undefined
  runInQuery((db) => {
    // `next` sends the query synchronously, together with the request for the first row.
    void build(db)[Symbol.asyncIterator]().next()
  }, (_, json) => {
    serialized ??= json
    return '{"queryId":1}'
  })
  return JSON.parse(serialized!).query
}

/** An expression of `.filter()` as `convex/server` serializes it. */
export function serializeExpression(build: (q: FilterBuilder<GenericTableInfo>) => unknown): ExpressionJSON {
  const { operators } = serializeQuery<{ operators: { filter: ExpressionJSON }[] }>(db =>
    db.query('table').filter(q => build(q as never) as never))
  return operators[0]!.filter
}

/** Calls a Convex query through the same function as the backend does. */
function runInQuery(handler: (db: Database) => void, syscall: (name: string, json: string) => string): void {
  const globals = globalThis as { Convex?: unknown }
  globals.Convex = { syscall, asyncSyscall: async () => '{"done":true,"value":null}' }
  const query = queryGeneric({ handler: ({ db }) => handler(db) }) as unknown as { invokeQuery: (args: string) => Promise<string> }
  void query.invokeQuery('[{}]').catch(() => {})
}
