/** Reads the fields and the unique fields from Better Auth's definitions of its tables. */
import type { BetterAuthDBSchema, DBFieldAttribute } from 'better-auth/db'

/** A table of Better Auth. Tables have `indexes` since Better Auth 1.7. */
export type AuthTable = BetterAuthDBSchema[string] & {
  indexes?: readonly { fields: readonly string[], unique?: boolean | undefined }[] | undefined
}

/** The name of a field in the database. */
export function fieldNameOf(table: AuthTable, field: string): string {
  return table.fields[field]?.fieldName ?? field
}

/** The fields, by their names in the database. */
export function fieldsOf(table: AuthTable): [name: string, field: DBFieldAttribute][] {
  return Object.entries(table.fields)
    .filter(([key]) => key !== 'id')
    .map(([key, field]) => [field.fieldName ?? key, field])
}

/** The fields whose values only one row may have; since Better Auth 1.7, also combinations. */
export function uniqueFields(table: AuthTable | undefined): string[][] {
  if (!table)
    return []
  const single = fieldsOf(table).filter(([, { unique }]) => unique).map(([name]) => [name])
  const compound = (table.indexes ?? [])
    .filter(({ unique }) => unique)
    .map(({ fields }) => fields.map(field => fieldNameOf(table, field)))
  return [...single, ...compound]
}
