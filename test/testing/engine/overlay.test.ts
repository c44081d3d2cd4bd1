import type { Change } from '../../../src/testing/engine/overlay.ts'
import type { StoredDocument } from '../../../src/testing/engine/types.ts'
import { Buffer } from 'node:buffer'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Overlay } from '../../../src/testing/engine/overlay.ts'
import { engineRuns } from './runs.ts'

const keys = fc.uint8Array({ minLength: 1, maxLength: 2 })
const documents = fc.constantFrom({ id: 'a' } as StoredDocument, { id: 'b' } as StoredDocument, null, null)
/** Enough changes for several runs. */
const steps = fc.array(fc.record({ key: keys, document: documents, isDeleted: fc.boolean() }), { maxLength: 2000, size: 'max' })
const intervals = fc.record({ start: keys, end: fc.option(keys) })

describe('overlay', () => {
  it('returns the same changes as a sorted list', { timeout: 24 * 3600_000 }, () => {
    fc.assert(fc.property(steps, fc.array(intervals), (list, probes) => {
      const overlay = new Overlay()
      const expected = new Map<string, Change>()
      for (const { key, document, isDeleted } of list) {
        const name = Buffer.from(key).toString('hex')
        if (isDeleted) {
          overlay.delete(key)
          expected.delete(name)
        }
        else {
          overlay.set(key, document)
          expected.set(name, { key, document })
        }
      }
      const wrong = [...expected.values()].filter(({ key, document }) => overlay.get(key)?.document !== document)
      expect(wrong).toEqual([])
      const sorted = [...expected.values()].sort((a, b) => Buffer.compare(a.key, b.key))
      for (const { start, end } of probes) {
        const changes = sorted.filter(({ key }) =>
          Buffer.compare(key, start) >= 0 && (!end || Buffer.compare(key, end) < 0))
        expect(overlay.slice({ start, end })).toEqual(changes)
        expect(overlay.first({ start, end }, 'asc')).toEqual(changes.find(({ document }) => document))
        expect(overlay.first({ start, end }, 'desc')).toEqual(changes.findLast(({ document }) => document))
      }
    }), { numRuns: engineRuns(2000) })
  })
})
