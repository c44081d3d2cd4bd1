/** Writes the file with Better Auth's tables for `npx auth generate`. */
import type { BetterAuthDBSchema, DBFieldAttribute } from 'better-auth/db'
import type { AuthTable } from './auth-tables.ts'
import { fieldNameOf, fieldsOf, uniqueFields } from './auth-tables.ts'
import { LOOKUPS } from './lookups.ts'

export interface SchemaFileOptions {
  tables: BetterAuthDBSchema
  /** The path of the file. @default './convex/authTables.ts' */
  file?: string | undefined
  /** `true` if all tables may have rows whose ids the app chooses. */
  ownsIds: boolean
}

export interface SchemaFile {
  code: string
  path: string
  overwrite: true
}

/** The longest name that Convex accepts for an index. */
const LONGEST_NAME = 64

/** The names of the indexes that every table of Convex has. */
const RESERVED_NAMES = new Set(['by_id', 'by_creation_time'])

/** The models whose rows Better Auth creates with ids of its own, even if Convex chooses ids. */
const MODELS_WITH_OWN_IDS = new Set(['verification', 'oauthClientAssertion'])

const HEADER = `// The tables of Better Auth. Run \`npx auth generate\` again after a change of its options.
import { defineTable } from 'convex/server'
import { v } from 'convex/values'

export const authTables = {
`

/** The file with a table for each model of Better Auth, with the indexes for its look-ups. */
export function writeSchema({ tables, file, ownsIds }: SchemaFileOptions): SchemaFile {
  const code = Object.entries(tables).map(([model, table]) => writeTable({ model, table, tables, ownsIds })).join('')
  return { code: `${HEADER}${code}}\n`, path: file ?? './convex/authTables.ts', overwrite: true }
}

interface TableToWrite {
  model: string
  table: AuthTable
  tables: BetterAuthDBSchema
  ownsIds: boolean
}

function writeTable({ model, table, tables, ownsIds }: TableToWrite): string {
  const hasOwnIds = ownsIds || MODELS_WITH_OWN_IDS.has(model)
  const fields = fieldsOf(table).map(([name, field]) => `    ${name}: ${writeField(field, tables, ownsIds)},\n`)
  if (hasOwnIds)
    fields.push('    id: v.optional(v.string()),\n')
  const indexes = [...indexesOf(model, table), ...hasOwnIds ? [['id']] : []]
  return `  ${table.modelName}: defineTable({\n${fields.join('')}  })${writeIndexes(indexes)},\n`
}

function writeField(field: DBFieldAttribute, tables: BetterAuthDBSchema, ownsIds: boolean): string {
  const type = writeType(field, tables, ownsIds)
  return field.required === false ? `v.optional(v.union(v.null(), ${type}))` : type
}

function writeType({ type, references }: DBFieldAttribute, tables: BetterAuthDBSchema, ownsIds: boolean): string {
  if (references?.field === 'id' && !ownsIds) {
    const referenced = tables[references.model]
      ?? Object.values(tables).find(({ modelName }) => modelName === references.model)
    if (referenced)
      return `v.id('${referenced.modelName}')`
  }
  if (Array.isArray(type))
    return `v.union(${type.map(value => `v.literal(${JSON.stringify(value)})`).join(', ')})`
  switch (type) {
    case 'number': return 'v.number()'
    case 'boolean': return 'v.boolean()'
    case 'number[]': return 'v.array(v.number())'
    case 'string[]': return 'v.array(v.string())'
    // In milliseconds since 1970, as `_creationTime`.
    case 'date': return 'v.number()'
    // JSON is a string, since the keys of Convex's objects are limited.
    default: return 'v.string()'
  }
}

/**
 * The fields of each index: those that Better Auth marks as unique or indexed, references, and the
 * fields of its look-ups. An index is left out if its fields are the first fields of another index.
 */
function indexesOf(model: string, table: AuthTable): string[][] {
  const marked = fieldsOf(table).filter(([, { index, references }]) => index || references).map(([name]) => [name])
  const named = [...table.indexes?.map(({ fields }) => fields) ?? [], ...LOOKUPS[model] ?? []]
    .filter(fields => fields.every(field => Object.hasOwn(table.fields, field)))
    .map(fields => fields.map(field => fieldNameOf(table, field)))
  const all = [...uniqueFields(table), ...marked, ...named]
  return all.filter((fields, number) => !all.some((other, otherNumber) =>
    number !== otherNumber && begins(fields, other) && (other.length > fields.length || otherNumber < number)))
}

/** Returns whether an index with the fields of `other` serves all look-ups by `fields`. */
function begins(fields: string[], other: string[]): boolean {
  return fields.every((field, position) => other[position] === field)
}

function writeIndexes(indexes: string[][]): string {
  const names: string[] = []
  for (const fields of indexes)
    names.push(indexName(fields, names))
  return indexes.map((fields, number) =>
    `\n    .index('${names[number]}', [${fields.map(field => `'${field}'`).join(', ')}])`).join('')
}

/** A name that Convex accepts and that no other index of the table has. */
function indexName(fields: string[], taken: string[]): string {
  const full = `by_${fields.join('_and_')}`
  const name = (RESERVED_NAMES.has(full) ? `${full}_field` : full).slice(0, LONGEST_NAME)
  if (!taken.includes(name))
    return name
  const suffix = `_${taken.length}`
  return name.slice(0, LONGEST_NAME - suffix.length) + suffix
}
