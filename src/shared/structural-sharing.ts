import type { Value } from 'convex/values'

/**
 * `next` with every part that equals its counterpart in `former` replaced by that counterpart, so that what did not change keeps its identity.
 * Documents in a list are matched by `_id`, anything else by position or field. Neither argument is changed.
 *
 * Works on Convex values: int64 (`bigint`), bytes (`ArrayBuffer`), `NaN` and `-0` are told apart as Convex tells them apart.
 */
export function shareStructure(former: Value | undefined, next: Value): Value {
  if (Object.is(former, next) || !isObject(former) || !isObject(next) || former.constructor !== next.constructor)
    return next
  if (next instanceof ArrayBuffer)
    return areBytesEqual(former as ArrayBuffer, next) ? former : next

  const isList = Array.isArray(next)
  // A list is walked by position: to name all of its positions would take longer than to compare most rows.
  const fields = isList ? next : Object.keys(next)
  let isEqual = true
  let result: any = next
  let byId: Map<unknown, Value> | undefined
  for (let index = 0; index < fields.length; index++) {
    const field: any = isList ? index : fields[index]
    const value = (next as any)[field]
    // What an object inherits is no value, so it equals none; but it could be taken for an object that is one.
    const inPlace = !isObject(value) || Object.hasOwn(former, field) ? (former as any)[field] : undefined
    let counterpart = inPlace
    // Rows that moved are looked for.
    if (isList && idOf(value) !== idOf(inPlace)) {
      byId ??= new Map((former as Value[]).map(row => [idOf(row), row]))
      counterpart = byId.get(idOf(value))
    }
    const shared = isObject(value) ? shareStructure(counterpart, value) : value
    isEqual &&= Object.is(shared, inPlace)
    if (!Object.is(shared, value)) {
      // A copy defines fields: one that is named `__proto__` is data, never a prototype.
      if (result === next)
        result = isList ? [...next] : { ...next }
      result[field] = shared
    }
  }
  return isEqual && Object.keys(former).length === fields.length ? former : result
}

function idOf(row: any): unknown {
  return row?._id
}

function areBytesEqual(former: ArrayBuffer, next: ArrayBuffer): boolean {
  const bytes = new Uint8Array(former)
  return former.byteLength === next.byteLength && new Uint8Array(next).every((byte, index) => byte === bytes[index])
}

function isObject(value: Value | undefined): value is Exclude<Value, null | bigint | number | boolean | string> {
  return typeof value === 'object' && value !== null
}
