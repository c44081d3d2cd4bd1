import { convexToJson } from 'convex/values'
import { describe, expect, it } from 'vitest'
import { fromExportJson, toExportJson } from '../../src/testing/server/export-json.ts'

describe('the JSON of exports', () => {
  it('has a decimal point in floats, and none in integers', () => {
    const json = JSON.stringify(convexToJson({ int: -5n, float: 5, half: 0.5, huge: 1e21, text: '7 "8" {"$integer":"x"}', list: [1n, 2] }))
    expect(toExportJson(json)).toBe('{"float":5.0,"half":0.5,"huge":1e+21,"int":-5,"list":[1,2.0],"text":"7 \\"8\\" {\\"$integer\\":\\"x\\"}"}')
  })

  it('is read back with the same types', () => {
    const values = { int: 9007199254740993n, zero: 0n, float: 0, negative: -0, inf: Infinity, nan: Number.NaN, text: '1', bytes: new Uint8Array([1]).buffer, nested: [{ a: -1n }] }
    const json = JSON.stringify(convexToJson(values))
    expect(JSON.parse(fromExportJson(toExportJson(json)))).toEqual(JSON.parse(json))
  })
})
