import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeId, encodeId, newIdBytes } from '../../../src/testing/engine/ids.ts'
import { engineRuns } from './runs.ts'

const tables = fc.oneof(
  fc.constantFrom(1, 127, 128, 10_001, 16_384, 2 ** 31, 2 ** 32 - 1),
  fc.integer({ min: 1, max: 2 ** 32 - 1 }),
)
const internals = fc.uint8Array({ minLength: 16, maxLength: 16 })
const CHARACTERS = '0123456789abcdefghjkmnpqrstvwxyz'

describe('encodeId', () => {
  it('writes the id that Convex writes', () => {
    const bytes = new Uint8Array(16)
    bytes[0] = 251
    for (let index = 1; index < bytes.length; index++)
      bytes[index] = bytes[index - 1]! * 251
    expect(encodeId(1017, bytes)).toBe('z43zp6c3e75gkmz1kfwj6mbbx5sw281h')
  })

  it('returns 31 to 37 characters, and 32 characters for the tables of an app', () => {
    expect(encodeId(1, new Uint8Array(16))).toHaveLength(31)
    expect(encodeId(10_001, new Uint8Array(16))).toHaveLength(32)
    expect(encodeId(2 ** 32 - 1, new Uint8Array(16))).toHaveLength(37)
  })
})

describe('decodeId', () => {
  it('reads what encodeId writes', () => {
    fc.assert(fc.property(tables, internals, (table, bytes) => {
      expect(decodeId(encodeId(table, bytes))).toEqual({ table, bytes })
    }), { numRuns: engineRuns(20_000) })
  })

  it('refuses an id in which one character was changed', () => {
    const positions = fc.nat(30)
    const characters = fc.constantFrom(...CHARACTERS)
    fc.assert(fc.property(tables, internals, positions, characters, (table, bytes, position, character) => {
      const id = encodeId(table, bytes)
      fc.pre(id[position] !== character)
      const changed = id.slice(0, position) + character + id.slice(position + 1)
      const decoded = decodeId(changed)
      // Fletcher-16 with modulus 256 does not notice every change of two bytes.
      if (decoded)
        expect(encodeId(decoded.table, decoded.bytes)).toBe(changed)
    }), { numRuns: engineRuns(20_000) })
  })

  it('refuses text that is not an id', () => {
    const id = encodeId(10_001, newIdBytes(Date.now()))
    const zeroTable = encodeId(0, new Uint8Array(16))
    const otherLengths = ['', 'garbage', `${id}0`, id.slice(1), 'x'.repeat(1e6)]
    const otherCharacters = [id.toUpperCase(), `${id.slice(0, -1)}u`, '0000000000000000000000010034things']
    for (const text of [...otherLengths, ...otherCharacters, zeroTable])
      expect(decodeId(text)).toBeUndefined()
  })

  it('never throws', () => {
    fc.assert(fc.property(fc.string({ minLength: 29, maxLength: 38, unit: fc.constantFrom(...CHARACTERS) }), (text) => {
      const decoded = decodeId(text)
      expect(decoded && encodeId(decoded.table, decoded.bytes)).toBe(decoded && text)
    }), { numRuns: engineRuns(20_000) })
  })
})

describe('newIdBytes', () => {
  it('returns ids in random order', () => {
    const ids = Array.from({ length: 1000 }, () => encodeId(10_001, newIdBytes(Date.now())))
    expect(new Set(ids).size).toBe(1000)
    const ascending = ids.filter((id, index) => index > 0 && ids[index - 1]! < id).length
    expect(ascending).toBeGreaterThan(350)
    expect(ascending).toBeLessThan(650)
  })

  it('returns bytes that end with the day of creation', () => {
    expect(newIdBytes(86_400_000 * 0x1234 + 5).slice(14)).toEqual(Uint8Array.of(0x12, 0x34))
  })
})
