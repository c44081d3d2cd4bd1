/** The functions of the app and its components, and the checks of their arguments and results. */
import type { JSONValue, Value } from 'convex/values'
import type { ValidatorJSON } from '../engine/validator-json.ts'
import type { TableOfId } from '../engine/validator.ts'
import type { DescribedFunction, FunctionsDescription } from '../functions/description.ts'
import type { FunctionPath } from './function-path.ts'
import { Buffer } from 'node:buffer'
import { findViolation } from '../engine/validator.ts'
import { CallArgs } from './call-args.ts'
import { RefusedCall } from './failure.ts'
import { printFunctionName, printModulePath } from './function-path.ts'

export type FunctionKind = 'query' | 'mutation' | 'action'

/** A function that can be called. */
export interface CatalogFunction {
  path: FunctionPath
  kind: FunctionKind
  isPublic: boolean
  /** `null` if the function accepts any arguments. */
  args: ValidatorJSON | null
  returns: ValidatorJSON | null
}

/** Larger arguments are refused. */
const MAX_ARGS_BYTES = 16 * 2 ** 20

/** The functions that were loaded together, by `startDeployment` or by one `reload()`. */
export class FunctionsCatalog {
  readonly #functions = new Map<string, CatalogFunction>()

  constructor({ components }: FunctionsDescription) {
    for (const { path: component, functions } of components) {
      for (const described of functions) {
        const decoded = decode(component, described)
        this.#functions.set(keyOf(decoded.path), decoded)
      }
    }
  }

  lookup(path: FunctionPath): CatalogFunction | undefined {
    return this.#functions.get(keyOf(path))
  }

  /** The function that a client calls. Clients may only call public functions of the app. */
  requireForClient(path: FunctionPath, kind: FunctionKind, caller: 'client' | 'trusted'): CatalogFunction {
    const found = this.lookup(path)
    if (!found && caller === 'trusted')
      throw new RefusedCall(describeMissing(path))
    if (!found || (caller === 'client' && !found.isPublic))
      throw new RefusedCall(`Could not find public function for '${printFunctionName(path)}'.`)
    checkKind(found, kind)
    return found
  }

  /**
   * The function that another function calls. Only functions of the same component may call its
   * internal functions.
   */
  requireForFunction(path: FunctionPath, kind: FunctionKind, callerComponent: string): CatalogFunction {
    const found = this.lookup(path)
    if (!found || (path.component !== callerComponent && !path.isHandle && !found.isPublic))
      throw new RefusedCall(describeMissing(path))
    checkKind(found, kind)
    return found
  }
}

/** Convex's error message for a function that does not exist. */
export function describeMissing(path: FunctionPath): string {
  return `Could not find function for '${printModulePath(path)}'.`
}

function checkKind({ path, kind: actual }: CatalogFunction, kind: FunctionKind): void {
  if (actual === kind)
    return
  const name = printModulePath(path)
  throw new RefusedCall(`Trying to execute ${name} as ${capitalize(kind)}, but it is defined as ${capitalize(actual)}.`)
}

/** Decodes the arguments of a call from outside: an object, or a list that contains this object. */
export function decodeArgs(name: string, encoded: JSONValue): CallArgs {
  const [first, ...more] = Array.isArray(encoded) ? encoded : [encoded]
  if (more.length > 0 || typeof (first ?? {}) !== 'object' || Array.isArray(first))
    throw new RefusedCall(`Invalid arguments for ${name}: they must be one object.`)
  const args = new CallArgs(first ?? {})
  const size = Buffer.byteLength(args.json)
  if (size > MAX_ARGS_BYTES) {
    const sizes = `actual: ${size} bytes, limit: ${MAX_ARGS_BYTES} bytes`
    throw new RefusedCall(`Arguments for ${name} are too large (${sizes}).`)
  }
  try {
    void args.value
  }
  catch (error) {
    throw new RefusedCall(`Invalid arguments for ${name}: ${(error as Error).message}`)
  }
  return args
}

export function checkArgs({ args: validator }: CatalogFunction, args: Value, tableOf: TableOfId): void {
  check('ArgumentValidationError', validator, args, tableOf)
}

export function checkResult({ returns: validator }: CatalogFunction, result: Value, tableOf: TableOfId): void {
  check('ReturnsValidationError', validator, result, tableOf)
}

function check(problem: string, validator: ValidatorJSON | null, value: Value, tableOf: TableOfId): void {
  const violation = validator && findViolation(validator, value, tableOf)
  if (violation !== null)
    throw new RefusedCall(`${problem}: ${violation}`)
}

function decode(
  component: string,
  { module, export: name, kind, visibility, argsValidator, returnsValidator }: DescribedFunction,
): CatalogFunction {
  const args = JSON.parse(argsValidator) as ValidatorJSON
  return {
    path: { component, module, name },
    kind,
    isPublic: visibility === 'public',
    args: args.type === 'any' ? null : args,
    returns: returnsValidator === null ? null : JSON.parse(returnsValidator) as ValidatorJSON,
  }
}

function keyOf({ component, module, name }: FunctionPath): string {
  return `${component};${module}:${name}`
}

function capitalize(kind: FunctionKind): string {
  return kind[0]!.toUpperCase() + kind.slice(1)
}
