import type { Value } from 'convex/values'
/** A naive database: a list of documents that is sorted and searched for each read. */
import type { IndexInfo, Order, TableInfo } from '../../../src/testing/engine/types.ts'
import type { MaybeValue } from './values.ts'
import { compareValues } from 'convex/values'
import { valueAt } from '../../../src/testing/engine/index-key.ts'

export type OracleDocument = Readonly<Record<string, MaybeValue>> & { readonly _id: string }

/** The rows of an index whose first values are equal and whose next value is between bounds. */
export interface Range {
  index: string
  equal: readonly MaybeValue[]
  lower?: { value: MaybeValue, isInclusive: boolean } | undefined
  upper?: { value: MaybeValue, isInclusive: boolean } | undefined
}

export class Oracle {
  readonly documents: Map<string, OracleDocument>

  constructor(documents: Iterable<OracleDocument> = []) {
    this.documents = new Map([...documents].map(document => [document._id, document]))
  }

  copy(): Oracle {
    return new Oracle(this.documents.values())
  }

  write(id: string, document: OracleDocument | null): void {
    if (document)
      this.documents.set(id, document)
    else
      this.documents.delete(id)
  }

  /** The ids of all documents in the order of an index. */
  ids(index: IndexInfo): string[] {
    return [...this.documents.values()].sort((a, b) => compareDocuments(index, a, b)).map(({ _id }) => _id)
  }

  /** The first row after the position of a document, which may have been deleted since it was read. */
  next(table: TableInfo, range: Range, order: Order, position: OracleDocument | undefined): OracleDocument | undefined {
    const index = table.indexes.get(range.index)!
    const sign = order === 'asc' ? 1 : -1
    return [...this.documents.values()]
      .filter(document => isInRange(valuesOf(index, document), range))
      .filter(document => !position || sign * compareDocuments(index, document, position) > 0)
      .sort((a, b) => sign * compareDocuments(index, a, b))[0]
  }
}

/** The values of a document in an index. The id is the last one. */
function valuesOf(index: IndexInfo, document: OracleDocument): MaybeValue[] {
  const fields = index.fields.filter(field => field !== '_id')
  return [...fields.map(field => valueAt(document, field)), document._id]
}

function compareDocuments(index: IndexInfo, a: OracleDocument, b: OracleDocument): number {
  // A missing field is compared as `undefined` within lists, too, but their type does not say so.
  return compareValues(valuesOf(index, a) as Value[], valuesOf(index, b) as Value[])
}

function isInRange(values: readonly MaybeValue[], { equal, lower, upper }: Range): boolean {
  if (equal.some((value, position) => compareValues(value, values[position]) !== 0))
    return false
  const next = values[equal.length]
  const isAbove = !lower || compareValues(next, lower.value) > (lower.isInclusive ? -1 : 0)
  const isBelow = !upper || compareValues(next, upper.value) < (upper.isInclusive ? 1 : 0)
  return isAbove && isBelow
}
