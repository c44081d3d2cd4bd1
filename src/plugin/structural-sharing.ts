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
  const byId = isList && new Map((former as Value[]).map(row => [idOf(row), row]))
  const fields = Object.keys(next)
  let isEqual = Object.keys(former).length === fields.length
  const values = fields.map((field) => {
    const value = (next as any)[field]
    const id = byId ? idOf(value) : undefined
    const counterpart = Object.hasOwn(former, field) ? (former as any)[field] : undefined
    const shared = shareStructure(byId && id !== undefined ? byId.get(id) : counterpart, value)
    isEqual &&= Object.is(shared, counterpart)
    return shared
  })
  if (isEqual)
    return former
  // `fromEntries` defines fields: one that is named `__proto__` is data, never a prototype.
  return isList ? values : Object.fromEntries(fields.map((field, index) => [field, values[index]!]))
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
