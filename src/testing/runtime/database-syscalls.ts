/** System calls that read and write documents. */
import type { JSONValue, Value } from 'convex/values'
import type { DocumentContext } from '../engine/documents.ts'
import type { PageRequest } from '../engine/page.ts'
import type { QueryContext } from '../engine/query-source.ts'
import type { QueryJSON } from '../engine/query.ts'
import type { DocumentValue, StoredDocument, TableInfo } from '../engine/types.ts'
import type { VectorQueryJSON } from '../engine/vector-search.ts'
import type { DataTransaction } from './data.ts'
import type { Invocation, RowStream } from './invocation.ts'
import type { Syscall, SyscallHost } from './syscall.ts'
import { jsonToConvex } from 'convex/values'
import { DeveloperError } from '../engine/developer-error.ts'
import { deleteDocument, getDocument, insertDocument, patchDocument, replaceDocument } from '../engine/documents.ts'
import { readPage } from '../engine/page.ts'
import { runQuery } from '../engine/query.ts'
import { checkTableName } from '../engine/schema-definition.ts'
import { runVectorSearch } from '../engine/vector-search.ts'
import { EncodedJson, refuse, Rows } from './syscall.ts'

interface IdArgs {
  id: string
  table?: string
}

interface WriteArgs extends IdArgs {
  value: Record<string, JSONValue>
}

interface StreamArgs {
  queryId: number
  /** The query, in the first request for its rows only. */
  query?: QueryJSON
}

/** The rows of one answer: few at first, since a function may read only the first row. */
const FIRST_ROWS = 8
const MAX_ROWS = 512

/** Fields of system tables that functions do not see. */
export const HIDDEN_FIELDS: Record<string, string[]> = {
  _storage: ['key'],
  _scheduled_functions: ['target'],
}

const get: Syscall = (invocation, { id, table, isSystem }: IdArgs & { isSystem?: boolean }, { data }) => {
  const { meter, engine } = requireTransaction(invocation)
  const method = isSystem ? 'db.system.get' : 'db.get'
  const found = tableOfId(invocation, { id, table, method }, data)
  if (found === null)
    return null
  if (found.startsWith('_') !== Boolean(isSystem)) {
    const [tables, reader] = isSystem ? ['User', 'db.get'] : ['System', 'db.system.get']
    refuse(`${tables} tables can only be accessed from ${reader}().`)
  }
  const document = getDocument({ transaction: engine, meter }, id)
  return document && new EncodedJson(encodeDocument(found, document))
}

const insert: Syscall = (invocation, { table, value }: { table: string, value: JSONValue }, { data }) => {
  checkTableName(table)
  const info = data.engine.table(invocation.path.component, table)
  return { _id: insertDocument(documentsOf(invocation, data), info, jsonToConvex(value) as DocumentValue) }
}

const patch: Syscall = (invocation, { id, table, value }: WriteArgs, { data }) => {
  const info = requireUserTable(invocation, { id, table, method: 'patch' }, data)
  const changes = Object.fromEntries(Object.entries(value).map(([name, field]) => [name, decodeField(field)]))
  return new EncodedJson(patchDocument(documentsOf(invocation, data), info, id, changes).json)
}

const replace: Syscall = (invocation, { id, table, value }: WriteArgs, { data }) => {
  const info = requireUserTable(invocation, { id, table, method: 'replace' }, data)
  const fields = jsonToConvex(value) as DocumentValue
  return new EncodedJson(replaceDocument(documentsOf(invocation, data), info, id, fields).json)
}

const remove: Syscall = (invocation, { id, table }: IdArgs, { data }) => {
  requireUserTable(invocation, { id, table, method: 'delete' }, data)
  return new EncodedJson(deleteDocument(documentsOf(invocation, data), id).json)
}

function documentsOf(invocation: Invocation, data: SyscallHost['data']): DocumentContext {
  const { engine, meter, policy } = requireTransaction(invocation)
  return { transaction: engine, meter, policy, schema: data.schemaOf(invocation.path.component).documents }
}

/** `convex/server` encodes a field that a patch removes as the object `{ $undefined: null }`. */
function decodeField(field: JSONValue): Value | undefined {
  const isRemoved = typeof field === 'object' && field !== null && '$undefined' in field
  if (isRemoved)
    return undefined
  return jsonToConvex(field)
}

const nextRows: Syscall = (invocation, { queryId, query }: StreamArgs, host) => {
  const stream = invocation.streams.get(queryId) ?? openStream(invocation, queryId, query, host)
  const rows: string[] = []
  while (rows.length < stream.size) {
    const { value, done } = stream.rows.next()
    if (done) {
      invocation.streams.delete(queryId)
      return new Rows(rows, true)
    }
    rows.push(value)
  }
  stream.size = Math.min(stream.size * 4, MAX_ROWS)
  return new Rows(rows, false)
}

function openStream(
  invocation: Invocation,
  queryId: number,
  query: QueryJSON | undefined,
  host: SyscallHost,
): RowStream {
  if (!query)
    throw new Error('This query is closed and can\'t emit any more values.')
  const stream = { rows: encodeRows(invocation, query, host), size: FIRST_ROWS }
  invocation.streams.set(queryId, stream)
  return stream
}

function* encodeRows(invocation: Invocation, query: QueryJSON, { data }: SyscallHost): Generator<string, void> {
  const table = tableOfQuery(query)
  for (const document of runQuery(query, contextOf(invocation, data)))
    yield encodeDocument(table, document)
}

const queryPage: Syscall = (invocation, request: PageRequest, { data }) => {
  const { page, ...result } = readPage(request, contextOf(invocation, data), invocation.journal)
  const table = tableOfQuery(request.query)
  const rows = page.map(document => encodeDocument(table, document))
  return new EncodedJson(`{"page":[${rows.join()}],${JSON.stringify(result).slice(1)}`)
}

const vectorSearch: Syscall = ({ path }, { query }: { query: VectorQueryJSON }, { data }) => {
  const { catalog } = data.schemaOf(path.component)
  const results = data.transact(({ engine }) => runVectorSearch(query, { catalog, transaction: engine }))
  return { results } as unknown as JSONValue
}

const count: Syscall = (invocation, { table }: { table: string }, { data }) => {
  let total = 0
  const query: QueryJSON = { source: { type: 'FullTableScan', tableName: table, order: null }, operators: [] }
  for (const _ of runQuery(query, contextOf(invocation, data)))
    total += 1
  return total
}

const normalizeId: Syscall = ({ path }, { table, idString }: { table: string, idString: string }, { data }) =>
  ({ id: data.tableOf(path.component, idString) === table ? idString : null })

function contextOf(invocation: Invocation, data: SyscallHost['data']): QueryContext {
  const { engine, meter } = requireTransaction(invocation)
  return { transaction: engine, meter, catalog: data.schemaOf(invocation.path.component).catalog }
}

/** Only queries and mutations may call the database: see `system-calls.ts`. */
function requireTransaction({ execution }: Invocation): DataTransaction {
  return execution.transaction!
}

interface IdArgument extends IdArgs {
  /** The method of `ctx.db`, for messages. */
  method: string
}

/** The table of an id, or `null` if the component does not have this table. */
function tableOfId({ path }: Invocation, { id, table, method }: IdArgument, data: SyscallHost['data']): string | null {
  const argument = `Invalid argument \`id\` for \`${method}\``
  if (!data.isId(id))
    throw new DeveloperError('InvalidArgument', `${argument}: Unable to decode ID: Invalid ID ${JSON.stringify(id)}`)
  const found = data.tableOf(path.component, id) ?? null
  if (table !== undefined && found !== null && found !== table) {
    const problem = `expected an ID of table \`${table}\`, but "${id}" is an ID of table \`${found}\``
    throw new DeveloperError('InvalidArgument', `${argument}: ${problem}`)
  }
  return found
}

function requireUserTable(
  invocation: Invocation,
  { method, ...target }: IdArgument,
  data: SyscallHost['data'],
): TableInfo {
  const found = tableOfId(invocation, { ...target, method: `db.${method}` }, data)
  if (found?.startsWith('_'))
    refuse('System tables (prefixed with `_`) are read-only.')
  if (found !== null)
    return data.engine.table(invocation.path.component, found)
  const operations: Record<string, string> = { patch: 'Update', replace: 'Replace', delete: 'Delete' }
  throw new DeveloperError('NonexistentDocument', `${operations[method]} on nonexistent document ID ${target.id}`)
}

function tableOfQuery({ source }: QueryJSON): string {
  if (source.type === 'FullTableScan')
    return source.tableName
  return source.indexName.split('.')[0]!
}

function encodeDocument(table: string, document: StoredDocument): string {
  const hidden = HIDDEN_FIELDS[table]
  if (!hidden)
    return document.json
  const fields = Object.entries(JSON.parse(document.json) as Record<string, JSONValue>)
  return JSON.stringify(Object.fromEntries(fields.filter(([name]) => !hidden.includes(name))))
}

export const databaseSyscalls = {
  '1.0/get': get,
  '1.0/insert': insert,
  '1.0/shallowMerge': patch,
  '1.0/replace': replace,
  '1.0/remove': remove,
  '1.0/queryStreamNext': nextRows,
  '1.0/queryPage': queryPage,
  '1.0/count': count,
  '1.0/db/normalizeId': normalizeId,
  '1.0/actions/vectorSearch': vectorSearch,
} satisfies Record<string, Syscall>
