/** Checks the fields that a function writes: refuses system fields and lone surrogates. */
import type { Value } from 'convex/values'
import type { DocumentValue, StoredDocument } from './types.ts'
import { DeveloperError } from './developer-error.ts'
import { isObject, printValue } from './print-value.ts'

/** With the flag `u`, a pair of surrogates counts as one character and does not match. */
const LONE_SURROGATE = /\p{Surrogate}/u

/**
 * Refuses fields that only Convex can set. `_id` and `_creationTime` may be written if their values
 * do not change, so that a function can read a document and write all its fields back.
 *
 * @param fields The fields that the function writes.
 * @param document The document that is changed, `null` if it is inserted.
 */
export function checkFields(fields: DocumentValue, document: StoredDocument | null): void {
  const { _id, _creationTime, ...others } = fields
  if (_id !== undefined && _id !== document?.id) {
    const problem = `Provided document ID ${printValue(document?.id)} doesn't match '_id' field ${printValue(_id)}`
    throw new DeveloperError('InvalidIdError', problem)
  }
  if (_creationTime !== undefined && _creationTime !== document?.value._creationTime) {
    const problem = `Provided creation time doesn't match '_creationTime' field in ${printValue(fields as Value)}`
    throw new DeveloperError('InvalidCreationTimeError', problem)
  }
  for (const [name, value] of Object.entries(others)) {
    if (name.startsWith('_'))
      throw systemField(name, fields)
    checkTexts(value)
  }
}

function systemField(name: string, fields: DocumentValue): DeveloperError {
  const problem = `Field '${name}' starts with an underscore, which is only allowed for system fields like '_id'`
  return new DeveloperError('InvalidDocumentError', `${printValue(fields as Value)} isn't a valid document: ${problem}`)
}

/** Refuses texts with a lone surrogate, which cannot be encoded in UTF-8. */
function checkTexts(value: Value | undefined): void {
  if (typeof value === 'string') {
    if (LONE_SURROGATE.test(value))
      throw new DeveloperError('InvalidString', `The string ${printValue(value)} has a lone surrogate.`)
  }
  else if (Array.isArray(value)) {
    value.forEach(checkTexts)
  }
  else if (isObject(value)) {
    Object.values(value).forEach(checkTexts)
  }
}
