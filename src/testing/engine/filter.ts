/** Evaluates the expressions of `.filter()` as Convex does. */
import type { JSONValue, Value } from 'convex/values'
import type { DocumentValue } from './types.ts'
import { compareValues, jsonToConvex } from 'convex/values'
import { DeveloperError } from './developer-error.ts'
import { valueAt } from './index-key.ts'
import { printValue, typeName } from './print-value.ts'

/** A value in `convex/server`'s encoding, in which a missing field has a notation of its own. */
export type MaybeUndefinedJSON = JSONValue | { $undefined: null }

type Pair = [left: ExpressionJSON, right: ExpressionJSON]

/** An expression of `q` as `convex/server` encodes it: an object with exactly one operator. */
export type ExpressionJSON
  = | { $literal: MaybeUndefinedJSON }
    | { $field: string }
    | { [Operator in ComparisonOperator | ArithmeticOperator]?: Pair }
    | { $neg: ExpressionJSON }
    | { $not: ExpressionJSON }
    | { $and: ExpressionJSON[] }
    | { $or: ExpressionJSON[] }

type ComparisonOperator = keyof typeof COMPARISONS
type ArithmeticOperator = keyof typeof ARITHMETICS
type Evaluate = (document: DocumentValue) => Value | undefined

/** Values are compared in the order of index keys: a missing field is less than any value. */
const COMPARISONS = {
  $eq: (order: number) => order === 0,
  $neq: (order: number) => order !== 0,
  $lt: (order: number) => order < 0,
  $lte: (order: number) => order <= 0,
  $gt: (order: number) => order > 0,
  $gte: (order: number) => order >= 0,
}

const ARITHMETICS = {
  $add: arithmetic('add', (left, right) => left + right, (left, right) => left + right),
  $sub: arithmetic('subtract', (left, right) => left - right, (left, right) => left - right),
  $mul: arithmetic('multiply', (left, right) => left * right, (left, right) => left * right),
  $div: arithmetic('divide', (left, right) => left / right, (left, right) => left / right),
  $mod: arithmetic('mod', (left, right) => left % right, (left, right) => left % right),
}

const MIN_INT64 = -(2n ** 63n)

/** Compiles a filter. The compiled filter throws if the result for a document is not a boolean. */
export function compileFilter(expression: ExpressionJSON): (document: DocumentValue) => boolean {
  const evaluate = compileExpression(expression)
  return document => toBoolean(evaluate(document))
}

/** Decodes a value that `convex/server` has encoded with `convexOrUndefinedToJson`. */
export function decodeMaybeUndefined(json: MaybeUndefinedJSON): Value | undefined {
  const isUndefined = typeof json === 'object' && json !== null && '$undefined' in json
  if (isUndefined)
    return undefined
  return jsonToConvex(json as JSONValue)
}

export function compileExpression(expression: ExpressionJSON): Evaluate {
  const [operator, operand] = Object.entries(expression)[0] as [string, never]
  if (operator in COMPARISONS)
    return compileComparison(operator as ComparisonOperator, operand)
  if (operator in ARITHMETICS)
    return compileArithmetic(operator as ArithmeticOperator, operand)
  switch (operator) {
    case '$literal': {
      const value = decodeMaybeUndefined(operand)
      return () => value
    }
    case '$field':
      return document => valueAt(document, operand)
    case '$neg': {
      const evaluate = compileExpression(operand)
      return document => negate(evaluate(document))
    }
    case '$not': {
      const holds = compileFilter(operand)
      return document => !holds(document)
    }
    case '$and': {
      const conditions = (operand as ExpressionJSON[]).map(compileFilter)
      return document => conditions.every(holds => holds(document))
    }
    case '$or': {
      const conditions = (operand as ExpressionJSON[]).map(compileFilter)
      return document => conditions.some(holds => holds(document))
    }
    default:
      throw new DeveloperError('InvalidArgument', `Unknown operator in a filter: ${operator}`)
  }
}

function compileComparison(operator: ComparisonOperator, [left, right]: Pair): Evaluate {
  const [evaluateLeft, evaluateRight] = [compileExpression(left), compileExpression(right)]
  const holds = COMPARISONS[operator]
  return document => holds(compareValues(evaluateLeft(document), evaluateRight(document)))
}

function compileArithmetic(operator: ArithmeticOperator, [left, right]: Pair): Evaluate {
  const [evaluateLeft, evaluateRight] = [compileExpression(left), compileExpression(right)]
  return document => calculate(operator, evaluateLeft(document), evaluateRight(document))
}

interface Arithmetic {
  /** The word for the operation in error messages. */
  verb: string
  integers: (left: bigint, right: bigint) => bigint
  floats: (left: number, right: number) => number
}

function arithmetic(
  verb: string,
  integers: Arithmetic['integers'],
  floats: Arithmetic['floats'],
): Arithmetic {
  return { verb, integers, floats }
}

/** Both operands have to be of the same type, int64 or float64. */
function calculate(operator: ArithmeticOperator, left: Value | undefined, right: Value | undefined): Value {
  const { verb, integers, floats } = ARITHMETICS[operator]
  if (typeof left === 'number' && typeof right === 'number')
    return floats(left, right)
  if (typeof left === 'bigint' && typeof right === 'bigint') {
    const isQuotient = operator === '$div' || operator === '$mod'
    if (isQuotient && right === 0n)
      throw evaluationError(`Cannot ${verb} ${left} by zero`)
    const result = integers(left, right)
    // The quotient `MIN_INT64 / -1` is out of range. Convex refuses the remainder `MIN_INT64 % -1`
    // as well.
    if ((isQuotient && left === MIN_INT64 && right === -1n) || result !== BigInt.asIntN(64, result))
      throw evaluationError(`Cannot ${verb} ${left} and ${right}: the result is out of range for Int64`)
    return result
  }
  throw evaluationError(
    `Cannot ${verb} ${printValue(left)} (type ${typeName(left)}) and ${printValue(right)} (type ${typeName(right)})`,
  )
}

function negate(value: Value | undefined): Value {
  if (typeof value === 'number')
    return -value
  if (value === MIN_INT64)
    throw evaluationError(`Cannot negate ${value}: the result is out of range for Int64`)
  if (typeof value === 'bigint')
    return -value
  throw evaluationError(`Cannot negate ${printValue(value)} (type ${typeName(value)})`)
}

function toBoolean(value: Value | undefined): boolean {
  if (typeof value !== 'boolean')
    throw evaluationError(`Cannot use value ${printValue(value)} (type ${typeName(value)}) as a Boolean`)
  return value
}

function evaluationError(message: string): DeveloperError {
  return new DeveloperError('EvalError', message)
}
