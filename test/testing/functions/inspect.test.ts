import { describe, expect, it } from 'vitest'
import { inspect } from '../../../src/testing/functions/inspect.ts'

class Point {
  x = 1
}

const circular: Record<string, unknown> = { x: 1 }
circular.self = circular

/** The texts are those of `object-inspect` 1.12, with the options of Convex's console. */
const TEXTS: [value: unknown, text: string][] = [
  ['it\'s', '\'it\\\'s\''],
  ['line\nbreak', '\'line\\nbreak\''],
  [-0, '-0'],
  [10n, '10n'],
  [undefined, 'undefined'],
  [Symbol('s'), 'Symbol(s)'],
  [function named() {}, '[Function: named]'],
  [[], '[]'],
  [[1, [2, 'x']], '[ 1, [ 2, \'x\' ] ]'],
  // eslint-disable-next-line no-sparse-arrays
  [[1, , 3], '[ 1, , 3 ]'],
  [[{ a: 1 }], '[\n  {\n    a: 1\n  }\n]'],
  [{}, '{}'],
  [{ 'a-b': 1, [Symbol('k')]: 2 }, '{\n  \'a-b\': 1,\n  [Symbol(k)]: 2\n}'],
  [{ a: { b: { c: { d: { e: {} } } } } }, '{\n  a: {\n    b: {\n      c: {\n        d: {\n          e: [Object]\n        }\n      }\n    }\n  }\n}'],
  [circular, '{\n  x: 1,\n  self: [Circular]\n}'],
  [new Point(), 'Point {\n  x: 1\n}'],
  [Object.create(null), '[Object: null prototype] {}'],
  [new Map([[{ a: 1 }, [1]]]), 'Map (1) {\n  { a: 1 } => [ 1 ]\n}'],
  [new Set(['x']), 'Set (1) {\n  \'x\'\n}'],
  [new Uint8Array([1]), 'Uint8Array [Uint8Array] {\n  0: 1\n}'],
  [Promise.resolve(), 'Promise [Promise] {}'],
  [/x/g, '/x/g'],
  [new Object(1), 'Object(1)'],
  [new Error('boom'), '[Error: boom]'],
  [new Error('outer', { cause: new Error('inner') }), '{ [Error: outer] [cause]: [Error: inner] }'],
  [Object.assign(new TypeError('t'), { code: 5 }), '{ [TypeError: t] code: 5 }'],
  [{ inspect: () => 'its own text' }, 'its own text'],
]

describe('inspect', () => {
  it('writes values as the console of Convex does', () => {
    expect(TEXTS.map(([value]) => inspect(value))).toEqual(TEXTS.map(([, text]) => text))
  })
})
