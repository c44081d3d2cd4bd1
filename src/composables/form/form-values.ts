/** The values of a form as data: copies, comparisons, and the value of a field by its path. */
import { toRaw } from 'vue'

/**
 * Copies objects and arrays at any depth, so that a later change of the form does not change the
 * copy. Other values, such as files and dates, remain the same objects.
 */
export function copyValue<T>(value: T): T {
  const raw: unknown = toRaw(value)
  if (Array.isArray(raw))
    return raw.map(copyValue) as T
  if (isPlainObject(raw))
    return Object.fromEntries(Object.entries(raw).map(([key, field]) => [key, copyValue(field)])) as T
  return raw as T
}

/** Whether two values have the same content. Reads a reactive value so that Vue tracks it. */
export function isEqualValue(one: unknown, other: unknown): boolean {
  if (one instanceof Date && other instanceof Date)
    return Object.is(one.getTime(), other.getTime())
  const areLists = Array.isArray(one) && Array.isArray(other)
  if (areLists || (isPlainObject(one) && isPlainObject(other))) {
    const [keys, otherKeys] = [Object.keys(one), Object.keys(other)]
    return keys.length === otherKeys.length
      && keys.every(key => Object.hasOwn(other, key) && isEqualValue(fieldOf(one, key), fieldOf(other, key)))
  }
  return Object.is(toRaw(one), toRaw(other))
}

/** The value of the field with a path such as `address.city` or `tags.0`. */
export function valueAt(values: object, path: string): unknown {
  let value: unknown = values
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key))
      return undefined
    value = fieldOf(value, key)
  }
  return value
}

/** Replaces all fields of an object, and keeps the object itself. */
export function replaceFields(target: object, fields: object): void {
  for (const key of Object.keys(target)) {
    if (!Object.hasOwn(fields, key))
      Reflect.deleteProperty(target, key)
  }
  Object.assign(target, fields)
}

function fieldOf(value: object, key: string): unknown {
  return (value as Record<string, unknown>)[key]
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null)
    return false
  // Another realm has another `Object.prototype`, which also ends the chain of prototypes.
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
