/** Structural sharing: keeps the previous object for each unchanged part of a Convex value. */
import type { Value } from 'convex/values'
import { convexToJson } from 'convex/values'

/**
 * Returns `next`, in which each part that equals its counterpart in `previous` is replaced with the
 * counterpart. The counterpart of a document in a list is the document with the same `_id`. The
 * counterpart of any other part is the part at the same position or in the same field. Neither
 * argument is changed.
 *
 * Compares Convex values, including int64 (`bigint`), bytes (`ArrayBuffer`), `NaN` and `-0`.
 *
 * @see docs/contributing/convex-client.md#results
 */
export function shareStructure(previous: Value | undefined, next: Value): Value {
  if (Object.is(previous, next) || !isObject(previous) || !isObject(next) || previous.constructor !== next.constructor)
    return next
  if (next instanceof ArrayBuffer)
    return textOf(previous) === textOf(next) ? previous : next

  const isList = Array.isArray(next)
  // `Object.keys` is not called for a list: creating an array of its indexes would take longer than
  // comparing most of its rows.
  const fields = isList ? next : Object.keys(next)
  let isEqual = true
  let result: any = next
  let byId: Map<unknown, Value> | undefined
  for (let index = 0; index < fields.length; index++) {
    const field: any = isList ? index : fields[index]
    const value = (next as any)[field]
    // For a field named `__proto__`, reading `previous` may return an inherited object. That object
    // is not part of the previous value, so it must not be used as the counterpart.
    const inPlace = !isObject(value) || Object.hasOwn(previous, field) ? (previous as any)[field] : undefined
    let counterpart = inPlace
    // If the row at this position has another id, the counterpart is found by the id.
    if (isList && idOf(value) !== idOf(inPlace)) {
      byId ??= new Map((previous as Value[]).map(row => [idOf(row), row]))
      counterpart = byId.get(idOf(value))
    }
    const shared = isObject(value) ? shareStructure(counterpart, value) : value
    isEqual &&= Object.is(shared, inPlace)
    if (!Object.is(shared, value)) {
      // A spread copies a field named `__proto__` as data, and does not set the prototype.
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

/** Bytes as the text that Convex sends for them. */
function textOf(bytes: Value): unknown {
  return (convexToJson(bytes) as { $bytes: string }).$bytes
}

function isObject(value: Value | undefined): value is Exclude<Value, null | bigint | number | boolean | string> {
  return typeof value === 'object' && value !== null
}
