/** Random values of all types, with those that are easily confused more often. */
import type { Value } from 'convex/values'
import * as fc from 'fast-check'

export type MaybeValue = Value | undefined

const numbers = fc.oneof(
  fc.constantFrom(Number.NaN, -0, 0, 1, -1, Infinity, -Infinity, Number.MIN_VALUE, Number.MAX_SAFE_INTEGER),
  fc.double(),
)
const int64s = fc.oneof(
  fc.constantFrom(0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
)
const strings = fc.oneof(
  fc.constantFrom('', '\0', 'a', 'a\0', 'a\0b', 'ab', 'b', '\u00FF', '\uFFFD', '😀', '\0'.repeat(300), 'a'.repeat(600)),
  fc.string({ unit: 'grapheme' }),
)
const bytes = fc.oneof(
  fc.constantFrom([], [0], [0, 0], [0, 255], [255], [1]),
  fc.array(fc.nat(255), { maxLength: 8 }),
).map(list => new Uint8Array(list).buffer as ArrayBuffer)
const fieldNames = fc.oneof(fc.constantFrom('a', 'b', 'ab', 'A'), fc.stringMatching(/^[a-z]\w{0,3}$/))

const { value } = fc.letrec<{ value: Value }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    numbers,
    int64s,
    strings,
    bytes,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fieldNames, tie('value'), { maxKeys: 3, noNullPrototype: true }) as fc.Arbitrary<Value>,
  ),
}))

/** A value, or a missing field. */
export const maybeValues: fc.Arbitrary<MaybeValue> = fc.oneof({ arbitrary: value, weight: 9 }, fc.constant(undefined))
