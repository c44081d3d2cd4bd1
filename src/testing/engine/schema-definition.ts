/** Checks the definition of a schema when the schema is loaded. */
import type { SchemaJSON, TableJSON } from './schema.ts'
import { DeveloperError } from './developer-error.ts'
import { isIdentifier } from './identifiers.ts'
import { checkIndexDefinitions } from './index-definition.ts'
import { databaseIndexes, searchIndexes, vectorIndexes } from './schema.ts'
import { checkDocumentType } from './validator-definition.ts'
import { canContainField, canContainVector } from './validator-fields.ts'

/** Refuses a schema that Convex would not accept, with Convex's error codes. */
export function checkSchemaDefinition(schema: SchemaJSON): void {
  for (const table of schema.tables) {
    checkTableName(table.tableName)
    if (table.documentType)
      checkDocumentType(table.documentType)
    checkIndexDefinitions(table)
  }
  if (schema.schemaValidation)
    schema.tables.forEach(checkReferences)
}

/** Refuses an invalid name of a table that a schema defines, or to which a function writes. */
export function checkTableName(name: string): void {
  checkTableIdentifier(name)
  if (name.startsWith('_'))
    throw new DeveloperError('TableNameReserved', `${name} is a reserved table name.`)
}

/** Refuses a name that no table can have, not even a system table. */
export function checkTableIdentifier(name: string): void {
  if (!isIdentifier(name)) {
    const rule = 'A name begins with a letter and has at most 64 letters, digits and underscores.'
    throw new DeveloperError('InvalidTableName', `Invalid table name: "${name}". ${rule}`)
  }
}

/** Refuses indexes of fields that no document of the table can have. */
function checkReferences(table: TableJSON): void {
  const { documentType } = table
  if (!documentType)
    return
  const vectors = vectorIndexes(table)
  const indexes = [
    ...databaseIndexes(table),
    ...searchIndexes(table).map(index => ({ ...index, fields: [index.searchField, ...index.filterFields] })),
    ...vectors.map(index => ({ ...index, fields: [index.vectorField] })),
  ]
  for (const { indexDescriptor, fields } of indexes) {
    const unknown = fields.find(field => !canContainField(documentType, field))
    if (unknown !== undefined)
      refuseIndex(table, `index "${indexDescriptor}"`, `the field "${unknown}" that does not exist.`)
  }
  for (const { indexDescriptor, vectorField } of vectors) {
    if (!canContainVector(documentType, vectorField)) {
      const problem = `the field "${vectorField}" that is neither an array of float64 or optional array of float64.`
      refuseIndex(table, `vector index "${indexDescriptor}"`, problem)
    }
  }
}

function refuseIndex({ tableName }: TableJSON, index: string, problem: string): never {
  throw new DeveloperError(
    'SchemaDefinitionError',
    `In table "${tableName}" the ${index} is invalid because it references ${problem}`,
  )
}
