/** References between tables, and their effect on rows whose referenced row is deleted. */
import type { BetterAuthDBSchema } from 'better-auth/db'
import type { Reference } from './statement.ts'
import { fieldNameOf, fieldsOf } from './auth-tables.ts'

/**
 * All references that the deletion of a row of this table affects, including those to rows that are
 * deleted with it. As in Better Auth's own migrations, a reference without `onDelete` is `cascade`.
 * With `no action`, `restrict` and `set default`, the referring rows do not change.
 *
 * @param tables The tables of Better Auth, by their models.
 * @param table The name of the table in the database.
 * @see https://github.com/better-auth/better-auth/blob/main/packages/better-auth/src/db/get-migration.ts
 */
export function referencesTo(tables: BetterAuthDBSchema, table: string): Reference[] {
  const all = readReferences(tables)
  const deleted = [table]
  // The list grows while it is read.
  for (const name of deleted) {
    const cascades = all.filter(({ to, action }) => to.table === name && action === 'cascade')
    deleted.push(...new Set(cascades.map(({ from }) => from.table).filter(from => !deleted.includes(from))))
  }
  return all.filter(({ to }) => deleted.includes(to.table))
}

function readReferences(tables: BetterAuthDBSchema): Reference[] {
  return Object.values(tables).flatMap(table => fieldsOf(table).flatMap(([field, { references }]): Reference[] => {
    const action = references?.onDelete ?? 'cascade'
    const target = references && findTable(tables, references.model)
    if (!target || (action !== 'cascade' && action !== 'set null'))
      return []
    return [{
      from: { table: table.modelName, field },
      to: { table: target.modelName, field: fieldNameOf(target, references.field) },
      action,
    }]
  }))
}

/** A reference names a model, or the table of a model. */
function findTable(tables: BetterAuthDBSchema, model: string): BetterAuthDBSchema[string] | undefined {
  return tables[model] ?? Object.values(tables).find(({ modelName }) => modelName === model)
}
