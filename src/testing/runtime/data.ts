/** The data of a deployment: the engine, with the schemas of the app and its components. */
import type { JSONValue } from 'convex/values'
import type { Answer as EngineAnswer } from '../engine/answers.ts'
import type { Catalog } from '../engine/catalog.ts'
import type { Engine } from '../engine/engine.ts'
import type { LimitsMode } from '../engine/limits.ts'
import type { SchemaJSON } from '../engine/schema.ts'
import type { EngineTransaction } from '../engine/transaction.ts'
import type { DocumentValue, IndexInfo, Row, StoredDocument } from '../engine/types.ts'
import type { Answer, MutationRequest } from './call.ts'
import type { QueryResult } from './query-result.ts'
import { createCatalog } from '../engine/catalog.ts'
import { decodeId } from '../engine/ids.ts'
import { keyInterval } from '../engine/index-key.ts'
import { LimitPolicy, Meter } from '../engine/limits.ts'
import { DocumentSchema } from '../engine/schema.ts'

/** A timestamp whose data is kept until the snapshot is released. */
export interface Snapshot {
  readonly ts: bigint
  readonly transaction: EngineTransaction
  release: () => void
}

/** The answer to a mutation. The commit of the mutation saves it. */
export interface SavedAnswer {
  request: MutationRequest
  json: string
  logLines: string[]
}

/** The schema of a component, prepared for its transactions. */
interface ComponentSchema {
  json: SchemaJSON | null
  documents: DocumentSchema
  catalog: Catalog
}

/** Indexes of system tables, by table. */
const SYSTEM_INDEXES = {
  _storage: [{ name: 'by_key', fields: ['key'] }],
  _scheduled_functions: [],
  _cron_jobs: [],
}

/** Reads and writes documents by the names of components and tables. */
export class DataTransaction {
  readonly engine: EngineTransaction
  readonly meter: Meter
  readonly policy: LimitPolicy
  /** The keys of files that have been stored, and that no committed document refers to. */
  readonly newFiles = new Set<string>()
  readonly #data: Data

  constructor(data: Data, engine: EngineTransaction, policy: LimitPolicy) {
    this.#data = data
    this.engine = engine
    this.policy = policy
    this.meter = new Meter(policy)
  }

  get snapshot(): bigint {
    return this.engine.snapshot
  }

  get beginTime(): number {
    return this.engine.beginTime
  }

  get(id: string): StoredDocument | null {
    return this.engine.get(id)
  }

  insert(component: string, table: string, fields: DocumentValue): string {
    return this.engine.insert(this.#data.tableNumber(component, table), fields)
  }

  patch(id: string, fields: DocumentValue): void {
    this.engine.patch(id, fields)
  }

  delete(id: string): void {
    this.engine.delete(id)
  }

  /** The used and remaining amounts of Convex's limits, as `getTransactionMetrics` returns them. */
  get metrics(): Record<string, { used: number, remaining: number }> {
    return this.meter.metrics
  }

  /** The document that has this value in the first field of the index. */
  findByKey(index: IndexInfo, value: string): StoredDocument | null {
    const { value: row } = this.engine.scan(index, keyInterval([value]), 'asc', 1).next()
    return row ? (row as Row).document : null
  }

  /** All documents of a table, the oldest first. */
  * documents(component: string, table: string): Generator<StoredDocument, void> {
    const index = this.#data.engine.table(component, table).indexes.get('by_creation_time')!
    for (const { document } of this.engine.scan(index, { start: new Uint8Array(), end: null }, 'asc'))
      yield document
  }
}

/** The data of one deployment. */
export class Data {
  readonly engine: Engine
  readonly #limits: LimitsMode
  readonly #schemas = new Map<string, ComponentSchema>()

  constructor(engine: Engine, limits: LimitsMode) {
    this.engine = engine
    this.#limits = limits
  }

  /** The timestamp of the last commit, in nanoseconds since 1970. It never decreases. */
  get timestamp(): bigint {
    return this.engine.timestamp
  }

  tableNumber(component: string, table: string): number {
    return this.engine.table(component, table).number
  }

  /** Returns whether the text is an id of any table. */
  isId(text: string): boolean {
    return decodeId(text) !== undefined
  }

  /** The table of an id, or `undefined` if the text is not an id of the component. */
  tableOf(component: string, id: string): string | undefined {
    const decoded = decodeId(id)
    const table = decoded && this.engine.tableByNumber(decoded.table)
    return table?.component === component ? table.name : undefined
  }

  schemaOf(component: string): ComponentSchema {
    return this.#schemas.get(component) ?? this.#prepare(component, null)
  }

  /**
   * Refuses a schema that existing documents do not match. Only tables with a changed validator are
   * read.
   */
  checkExisting(component: string, json: SchemaJSON | null): void {
    const documents = new DocumentSchema(json, id => this.tableOf(component, id))
    const previous = this.#schemas.get(component)?.json
    const checked = previous?.schemaValidation ? previous.tables : []
    const known = new Map(checked.map(table => [table.tableName, JSON.stringify(table.documentType)]))
    this.transact((transaction) => {
      for (const { tableName, documentType } of json?.tables ?? []) {
        if (known.get(tableName) !== JSON.stringify(documentType))
          documents.checkExisting(tableName, values(transaction.documents(component, tableName)))
      }
    })
  }

  /** Replaces the schema and the indexes of a component. */
  defineSchema(component: string, json: SchemaJSON | null): void {
    const tables = json?.tables ?? []
    this.engine.defineIndexes(component, {
      ...SYSTEM_INDEXES,
      ...Object.fromEntries(tables.map(({ tableName, indexes }) =>
        [tableName, indexes.map(({ indexDescriptor, fields }) => ({ name: indexDescriptor, fields }))])),
    })
    this.#schemas.set(component, this.#prepare(component, json))
  }

  /** Returns the object that applies the limits of Convex to one function. */
  limitPolicy(warn: (message: string) => void): LimitPolicy {
    return new LimitPolicy(this.#limits, warn)
  }

  /** Begins a transaction of functions that sees all commits so far. */
  begin(warn: (message: string) => void): DataTransaction {
    return new DataTransaction(this, this.engine.begin(), this.limitPolicy(warn))
  }

  /** Begins a transaction of functions that sees the data of a snapshot. */
  beginAt({ transaction }: Pick<Snapshot, 'transaction'>, warn: (message: string) => void): DataTransaction {
    return new DataTransaction(this, this.engine.begin(transaction), this.limitPolicy(warn))
  }

  /** Ends a transaction, and deletes the files that it has stored and not committed. */
  end({ engine, newFiles }: DataTransaction): void {
    this.engine.end(engine)
    newFiles.forEach(key => this.engine.files.delete(key))
    newFiles.clear()
  }

  /** Commits a transaction, and deletes the contents of files whose documents it has deleted. */
  commit({ engine, newFiles }: DataTransaction, answer: SavedAnswer | null = null): bigint {
    const files = engine.buffer.writes.filter(({ table }) => table.name === '_storage')
    const deletedFiles = files
      .filter(({ before, after }) => before && before.value.key !== after?.value.key)
      .map(({ before }) => before!.value.key as string)
    const timestamp = this.engine.commit(engine, { deletedFiles, ...answer && { answer: encodeAnswer(answer) } })
    files.forEach(({ after }) => newFiles.delete(after?.value.key as string))
    return timestamp
  }

  /**
   * Runs a transaction of the deployment itself. The body is synchronous, so that no other commit
   * happens meanwhile.
   */
  transact<Result>(body: (transaction: DataTransaction) => Result): Result {
    const transaction = new DataTransaction(this, this.engine.begin(), new LimitPolicy(false, () => {}))
    try {
      const result = body(transaction)
      this.commit(transaction)
      return result
    }
    finally {
      this.end(transaction)
    }
  }

  openSnapshot(): Snapshot {
    const transaction = this.engine.begin()
    return { ts: transaction.snapshot, transaction, release: () => this.engine.end(transaction) }
  }

  /** Ends a transaction, and invalidates the result once a commit changes data that was read. */
  watch({ engine }: DataTransaction, result: QueryResult): void {
    result.watch(this.engine.subscribe(engine, ts => result.invalidate(ts)))
  }

  findAnswer({ sessionId, requestId }: MutationRequest): Answer | null {
    const found = this.engine.answers.find(sessionId, requestId)
    if (!found)
      return null
    const { value, logLines } = JSON.parse(found.answer) as { value: JSONValue, logLines: string[] }
    return { outcome: { status: 'success', json: JSON.stringify(value), logLines }, ts: found.timestamp }
  }

  #prepare(component: string, json: SchemaJSON | null): ComponentSchema {
    return {
      json,
      documents: new DocumentSchema(json, id => this.tableOf(component, id)),
      catalog: createCatalog(json, name => this.engine.table(component, name)),
    }
  }
}

function* values(documents: Iterable<StoredDocument>): Generator<DocumentValue, void> {
  for (const { value } of documents)
    yield value
}

function encodeAnswer({ request: { sessionId, requestId }, json, logLines }: SavedAnswer): EngineAnswer {
  return { session: sessionId, request: requestId, answer: `{"value":${json},"logLines":${JSON.stringify(logLines)}}` }
}
