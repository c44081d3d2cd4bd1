/** The fields and indexes of the app's tables, as far as the adapter needs them. */
import type { GenericSchema, SchemaDefinition } from 'convex/server'
import type { GenericValidator } from 'convex/values'
import { setupError } from '../setup-error.ts'

export interface TableIndex {
  name: string
  /** The fields of the index, without `_creationTime`. */
  fields: string[]
}

export interface Field {
  isOptional: boolean
  acceptsNull: boolean
}

export interface Table {
  name: string
  indexes: TableIndex[]
  /** The fields by name; `null` if they are unknown, because the table's type is not one object. */
  fields: Record<string, Field> | null
  /** `true` if rows can have ids of their own, in a field `id`, beside Convex's ids. */
  hasOwnIds: boolean
}

/** Finds a table by its name. @throws ConvueError `AUTH_TABLE_MISSING` */
export type FindTable = (name: string) => Table

export type AnySchema = SchemaDefinition<GenericSchema, boolean>

/** The method with which Convex reads a table's definition; `convex-ents` implements it, too. */
interface Exportable {
  export: () => { indexes: { indexDescriptor: string, fields: string[] }[] }
}

/** The tables of a schema, which `defineSchema` or `defineEntSchema` of `convex-ents` has made. */
export function readTables(schema: AnySchema): FindTable {
  const tables = new Map(Object.entries(schema.tables).map(([name, definition]) => [name, readTable(name, definition)]))
  return (name) => {
    const table = tables.get(name)
    if (!table)
      throw setupError('AUTH_TABLE_MISSING', name)
    return table
  }
}

function readTable(name: string, definition: AnySchema['tables'][string]): Table {
  const { indexes } = (definition as unknown as Exportable).export()
  const fields = readFields(definition.validator)
  return {
    name,
    indexes: indexes.map(({ indexDescriptor, fields }) => ({ name: indexDescriptor, fields })),
    fields,
    hasOwnIds: fields !== null && Object.hasOwn(fields, 'id') && indexes.some(index => index.fields[0] === 'id'),
  }
}

function readFields(validator: GenericValidator): Record<string, Field> | null {
  if (validator.kind !== 'object')
    return null
  const fields: Record<string, GenericValidator> = validator.fields
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, {
    isOptional: field.isOptional === 'optional',
    acceptsNull: acceptsNull(field),
  }]))
}

function acceptsNull(validator: GenericValidator): boolean {
  if (validator.kind === 'union')
    return validator.members.some(acceptsNull)
  return validator.kind === 'null' || validator.kind === 'any'
}
