import type { Value } from 'convex/values'
import * as fc from 'fast-check'

const float = fc.oneof(
  fc.constantFrom(0, -0, 1, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e300),
  fc.integer({ min: -3, max: 3 }),
)
const int64 = fc.oneof(fc.bigInt({ min: -3n, max: 3n }), fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n))
const text = fc.oneof(fc.constantFrom('', 'a', 'ab', 'b', 'é', '\0', '𝒳'), fc.string({ maxLength: 3 }))

/** A value of any type. Equal values are frequent. */
export const { value: anyValue } = fc.letrec<{ value: Value }>(tie => ({
  value: fc.oneof(
    { maxDepth: 2 },
    fc.constant(null),
    float,
    int64,
    fc.boolean(),
    text,
    fc.uint8Array({ maxLength: 2 }).map(bytes => new Uint8Array(bytes).buffer),
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 2, noNullPrototype: true }),
  ),
}))

/** A value of any type, or none. */
export const maybeValue = fc.option(anyValue, { nil: undefined, freq: 8 })
