/** Checks the validators of a schema when the schema is loaded. */
import type { ValidatorJSON } from './validator-json.ts'
import { DeveloperError } from './developer-error.ts'
import { isIdentifier } from './identifiers.ts'
import { printValidator } from './validator-json.ts'

/** Refuses a validator with an invalid field name, table name or record. */
export function checkValidator(validator: ValidatorJSON): void {
  switch (validator.type) {
    case 'id':
      if (!isIdentifier(validator.tableName))
        throw new DeveloperError('InvalidTableName', `Invalid table name: "${validator.tableName}".`)
      break
    case 'array':
      checkValidator(validator.value)
      break
    case 'union':
      validator.value.forEach(checkValidator)
      break
    case 'record':
      checkRecord(validator)
      break
    case 'object':
      for (const [name, { fieldType }] of Object.entries(validator.value)) {
        if (!isIdentifier(name))
          throw new DeveloperError('InvalidFieldName', `Invalid field name in a validator: "${name}".`)
        checkValidator(fieldType)
      }
      break
    default:
      // The other validators have no parameters that could be invalid.
      break
  }
}

/** Refuses a validator that no table can have, because documents are objects. */
export function checkDocumentType(validator: ValidatorJSON): void {
  checkValidator(validator)
  const members = validator.type === 'union' ? validator.value : [validator]
  if (validator.type !== 'any' && !members.every(({ type }) => type === 'object')) {
    throw new DeveloperError(
      'InvalidTopLevelTypeInSchemaError',
      'The document validator in a schema must be an object, a union of objects, or `v.any()`. '
      + `Found ${printValidator(validator)}.`,
    )
  }
}

function checkRecord({ keys, values }: ValidatorJSON & { type: 'record' }): void {
  if (hasStringLiteral(keys))
    throw invalidRecord('Records cannot have string literal keys')
  if (!isStringType(keys)) {
    const problem = `\`${printValidator(keys)}\` is not a subtype of \`v.string()\``
    throw invalidRecord(`Records can only have string keys. The key type ${problem}`)
  }
  if (values.optional)
    throw invalidRecord('Records cannot have optional values')
  checkValidator(keys)
  checkValidator(values.fieldType)
}

function isStringType(validator: ValidatorJSON): boolean {
  if (validator.type === 'union')
    return validator.value.every(isStringType)
  return validator.type === 'string' || validator.type === 'id'
}

function hasStringLiteral(validator: ValidatorJSON): boolean {
  if (validator.type === 'union')
    return validator.value.some(hasStringLiteral)
  return validator.type === 'literal' && typeof validator.value === 'string'
}

function invalidRecord(message: string): DeveloperError {
  return new DeveloperError('InvalidRecordType', message)
}
