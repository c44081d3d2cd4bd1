/** One revision of a document. Its fields are decoded when they are read for the first time. */
import type { JSONValue, Value } from 'convex/values'
import type { DocumentValue, StoredDocument } from './types.ts'
import { convexToJson, getConvexSize, jsonToConvex } from 'convex/values'

/**
 * The most bytes that a character of JSON represents: a digit and the comma after it represent a
 * number, which has 9 bytes.
 */
const BYTES_PER_CHARACTER = 5

export class Revision implements StoredDocument {
  readonly id: string
  readonly table: number
  readonly json: string
  /**
   * The row number in the table `documents`, `undefined` if the store did not return the revision.
   */
  readonly row: number | undefined
  #value: DocumentValue | undefined

  constructor(id: string, table: number, json: string, row?: number, value?: DocumentValue) {
    this.id = id
    this.table = table
    this.json = json
    this.row = row
    this.#value = value
  }

  /** Creates the revision that a transaction writes. Fields that are `undefined` are left out. */
  static of(id: string, table: number, fields: DocumentValue): Revision {
    const value: DocumentValue = {}
    for (const [name, field] of Object.entries(fields)) {
      if (field !== undefined)
        value[name] = field
    }
    return new Revision(id, table, JSON.stringify(convexToJson(value as JSONValue)), undefined, value)
  }

  get value(): DocumentValue {
    this.#value ??= jsonToConvex(JSON.parse(this.json) as JSONValue) as DocumentValue
    return this.#value
  }

  get size(): number {
    return getConvexSize(this.value as Value)
  }

  get largestSize(): number {
    return this.json.length * BYTES_PER_CHARACTER
  }
}
