/** Structural sharing: keeps the identity of every part of a Convex value that has not changed. */
import type { Value } from 'convex/values'

/**
 * Returns `next` with every part that equals its counterpart in `previous` replaced by that
 * counterpart. Documents in a list are matched by `_id`, everything else by position or field.
 * Neither argument is changed.
 *
 * Works on Convex values: distinguishes int64 (`bigint`), bytes (`ArrayBuffer`), `NaN` and `-0` as
 * Convex does.
 */
export function shareStructure(previous: Value | undefined, next: Value): Value {
  if (Object.is(previous, next) || !isObject(previous) || !isObject(next) || previous.constructor !== next.constructor)
    return next
  if (next instanceof ArrayBuffer)
    return areBytesEqual(previous as ArrayBuffer, next) ? previous : next

  const isList = Array.isArray(next)
  // The positions of a list are not collected: that would take longer than comparing most rows.
  const fields = isList ? next : Object.keys(next)
  let isEqual = true
  let result: any = next
  let byId: Map<unknown, Value> | undefined
  for (let index = 0; index < fields.length; index++) {
    const field: any = isList ? index : fields[index]
    const value = (next as any)[field]
    // An inherited object, as for a field named `__proto__`, is not part of the previous value, so
    // it must not count as the counterpart.
    const inPlace = !isObject(value) || Object.hasOwn(previous, field) ? (previous as any)[field] : undefined
    let counterpart = inPlace
    // A row that has moved is found by its id.
    if (isList && idOf(value) !== idOf(inPlace)) {
      byId ??= new Map((previous as Value[]).map(row => [idOf(row), row]))
      counterpart = byId.get(idOf(value))
    }
    const shared = isObject(value) ? shareStructure(counterpart, value) : value
    isEqual &&= Object.is(shared, inPlace)
    if (!Object.is(shared, value)) {
      // A spread copy defines its fields, so that a field named `__proto__` is data and not a
      // prototype.
      if (result === next)
        result = isList ? [...next] : { ...next }
      result[field] = shared
    }
  }
  return isEqual && Object.keys(previous).length === fields.length ? previous : result
}

function idOf(row: any): unknown {
  return row?._id
}

function areBytesEqual(previous: ArrayBuffer, next: ArrayBuffer): boolean {
  const bytes = new Uint8Array(previous)
  return previous.byteLength === next.byteLength && new Uint8Array(next).every((byte, index) => byte === bytes[index])
}

function isObject(value: Value | undefined): value is Exclude<Value, null | bigint | number | boolean | string> {
  return typeof value === 'object' && value !== null
}
