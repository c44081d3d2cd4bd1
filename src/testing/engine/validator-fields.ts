/** Finds the fields that the documents of a table can have, according to the table's validator. */
import type { ValidatorJSON } from './validator-json.ts'

/** Returns whether a valid document may have the field. Each document has the system fields. */
export function canContainField(validator: ValidatorJSON, path: string): boolean {
  return /^_\w+$/.test(path) || someValidatorAt(validator, path.split('.'), () => true)
}

/** Returns whether the field of a valid document may be an array of floats. */
export function canContainVector(validator: ValidatorJSON, path: string): boolean {
  return someValidatorAt(validator, path.split('.'), isVector)
}

/** Returns whether `condition` holds for a validator that applies to the field at this path. */
function someValidatorAt(
  validator: ValidatorJSON,
  [first, ...rest]: string[],
  condition: (validator: ValidatorJSON) => boolean,
): boolean {
  if (first === undefined)
    return condition(validator)
  switch (validator.type) {
    case 'any':
      return true
    case 'union':
      return validator.value.some(member => someValidatorAt(member, [first, ...rest], condition))
    case 'object':
      return Object.hasOwn(validator.value, first)
        && someValidatorAt(validator.value[first]!.fieldType, rest, condition)
    default:
      return false
  }
}

function isVector(validator: ValidatorJSON): boolean {
  switch (validator.type) {
    case 'any':
      return true
    case 'array':
      return validator.value.type === 'number' || validator.value.type === 'any'
    case 'union':
      return validator.value.some(isVector)
    default:
      return false
  }
}
