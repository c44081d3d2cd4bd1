/** The range of `.withIndex()`: the part of an index that a query reads. */
import type { Value } from 'convex/values'
import type { MaybeUndefinedJSON } from './filter.ts'
import type { Bound } from './index-key.ts'
import type { IndexInfo, Interval } from './types.ts'
import { DeveloperError } from './developer-error.ts'
import { decodeMaybeUndefined } from './filter.ts'
import { keyInterval } from './index-key.ts'
import { printValue } from './print-value.ts'

/** A comparison of a field, as `convex/server` encodes it. */
export interface RangeExpressionJSON {
  type: 'Eq' | 'Gt' | 'Gte' | 'Lt' | 'Lte'
  fieldPath: string
  value: MaybeUndefinedJSON
}

type BoundJSON = RangeExpressionJSON & { type: keyof typeof SIDES }

const SIDES = { Gt: 'lower', Gte: 'lower', Lt: 'upper', Lte: 'upper' } as const
const COMPARATORS = { Eq: '==', Gt: '>', Gte: '>=', Lt: '<', Lte: '<=' }

/** The comparisons of a range, grouped by their kind. */
interface Comparisons {
  equal: Map<string, Value | undefined>
  /** The field that has bounds, if there is one. */
  boundFields: [] | [string]
  lower?: Bound
  upper?: Bound
}

/**
 * Compiles the comparisons to an interval of the index. The compared fields have to be the first
 * fields of the index, and only the last of them may have bounds.
 *
 * @param indexName The name in error messages, such as `messages.by_channel`.
 */
export function compileRange(indexName: string, index: IndexInfo, expressions: RangeExpressionJSON[]): Interval {
  const { equal, boundFields, lower, upper } = sortComparisons(indexName, expressions)
  // Each index ends with the id, so a range may compare the id too, and select one document.
  const indexFields = [...new Set([...index.fields, '_id'])]
  const unknown = [...equal.keys(), ...boundFields].find(field => !indexFields.includes(field))
  if (unknown !== undefined) {
    throw new DeveloperError(
      'FieldNotInIndex',
      `The index range included a comparison with "${unknown}", which is not a field of ${indexName}. `
      + `Its fields are ${printFields(index.fields)}.`,
    )
  }
  // `eq` may be called in any order, as the order makes no difference.
  const equalFields = [...equal.keys()].sort((one, other) => indexFields.indexOf(one) - indexFields.indexOf(other))
  const queryFields = [...equalFields, ...boundFields]
  const incorrect = queryFields.find((field, position) => field !== indexFields[position])
  if (incorrect !== undefined) {
    throw new DeveloperError(
      'InvalidIndexRange',
      `Tried to query index ${indexName} but the query didn't use the index fields in order.\n`
      + `The index has the fields ${printFields(index.fields)}, the query compares ${printFields(queryFields)}, `
      + `and "${incorrect}" is not next.`,
    )
  }
  return keyInterval(equalFields.map(field => equal.get(field)), lower, upper)
}

function sortComparisons(indexName: string, expressions: RangeExpressionJSON[]): Comparisons {
  const comparisons: Comparisons = { equal: new Map(), boundFields: [] }
  for (const expression of expressions) {
    if (isBound(expression))
      addBound(comparisons, expression, indexName)
    else
      addEquality(comparisons, expression)
  }
  const { equal, boundFields: [boundField] } = comparisons
  if (boundField !== undefined && equal.has(boundField))
    throw alreadyDefined('inequality', { type: 'Eq', fieldPath: boundField }, equal.get(boundField))
  return comparisons
}

function isBound(expression: RangeExpressionJSON): expression is BoundJSON {
  return expression.type !== 'Eq'
}

function addEquality({ equal }: Comparisons, expression: RangeExpressionJSON): void {
  const value = decodeMaybeUndefined(expression.value)
  if (equal.has(expression.fieldPath))
    throw alreadyDefined('equality', expression, equal.get(expression.fieldPath))
  equal.set(expression.fieldPath, value)
}

function addBound(comparisons: Comparisons, expression: BoundJSON, indexName: string): void {
  const { type, fieldPath } = expression
  const value = decodeMaybeUndefined(expression.value)
  const side = SIDES[type]
  if (comparisons[side])
    throw alreadyDefined(side, expression, value)
  const { boundFields: [boundField = fieldPath] } = comparisons
  if (boundField !== fieldPath) {
    throw new DeveloperError(
      'BoundsOnMultipleFields',
      'Upper and lower bounds in `range` can only be applied to a single index field. '
      + `The query of ${indexName} has bounds on "${boundField}" and "${fieldPath}".`,
    )
  }
  comparisons.boundFields = [fieldPath]
  comparisons[side] = { value, isInclusive: type === 'Gte' || type === 'Lte' }
}

function alreadyDefined(
  bound: string,
  { type, fieldPath }: Pick<RangeExpressionJSON, 'type' | 'fieldPath'>,
  value: Value | undefined,
): DeveloperError {
  const comparison = `"${fieldPath}" ${COMPARATORS[type]} ${printValue(value)}`
  const problem = `Already defined ${bound} bound in index range. Can't add ${comparison}.`
  return new DeveloperError('AlreadyDefinedBound', problem)
}

function printFields(fields: readonly string[]): string {
  return `[${fields.map(field => `"${field}"`).join(', ')}]`
}
