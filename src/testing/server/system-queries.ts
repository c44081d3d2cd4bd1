/** The queries of Convex's command line: tables, documents, variables, functions. */
import type { JSONValue } from 'convex/values'
import type { DescribedComponent, FunctionsDescription } from '../functions/description.ts'
import type { CronJob, StoredCron } from '../runtime/crons.ts'
import type { Data, DataTransaction } from '../runtime/data.ts'
import type { QueryCall } from '../runtime/shared-queries.ts'
import type { Exports } from './exports.ts'
import type { Imports } from './imports.ts'
import { FUNCTION_LIMITS } from '../engine/limits.ts'
import { readPage } from '../engine/page.ts'
import { CRON_JOBS } from '../runtime/crons.ts'
import { HIDDEN_FIELDS } from '../runtime/database-syscalls.ts'
import { RefusedCall } from '../runtime/failure.ts'
import { decodeArgs } from '../runtime/functions-catalog.ts'
import { SCHEDULED_FUNCTIONS } from '../runtime/scheduler.ts'
import { describeSchedule } from './describe-schedule.ts'

/** The parts of a deployment that Convex's tools can read. */
export interface SystemQueryHost {
  data: () => Data
  description: () => FunctionsDescription
  /** The variables of the app, by name. */
  variables: () => Record<string, string>
  urls: () => { url: string, siteUrl: string }
  exports: () => Exports
  imports: () => Imports
}

interface SystemQueryInput {
  host: SystemQueryHost
  transaction: DataTransaction
  component: string
  args: Record<string, any>
}

type SystemQuery<Result extends JSONValue = JSONValue> = (input: SystemQueryInput) => Result

/** A page of documents, with the cursor of the next page. */
type DocumentPage = Record<string, JSONValue> & { page: Record<string, JSONValue>[] }

const KIND = { query: 'Query', mutation: 'Mutation', action: 'Action' }

/** The variables that Convex itself sets, and that the command line does not list. */
const OWN_VARIABLES = new Set(['CONVEX_CLOUD_URL', 'CONVEX_SITE_URL'])

const tables: SystemQuery = ({ host, component }) => {
  const all = host.data().engine.tables
  const own = all.filter(table => table.component === component && !table.name.startsWith('_'))
  return { page: own.map(({ name }) => ({ name })), isDone: true, continueCursor: 'end' }
}

/** A page of a table, in the order of creation, or of the index `index`. */
const tableData: SystemQuery<DocumentPage> = ({ host, transaction, component, args }) => {
  const { table, index, order, paginationOpts } = args
  const { cursor, numItems } = paginationOpts as { cursor: string | null, numItems: number }
  const { catalog } = host.data().schemaOf(component)
  const source = index
    ? { type: 'IndexRange' as const, indexName: `${table}.${index}`, range: [], order: order as 'asc' | 'desc' }
    : { type: 'FullTableScan' as const, tableName: table as string, order: order as 'asc' | 'desc' }
  const request = {
    query: { source, operators: [] },
    cursor,
    pageSize: numItems,
    maximumRowsRead: FUNCTION_LIMITS.documentsRead / 2,
    maximumBytesRead: FUNCTION_LIMITS.bytesRead / 2,
  }
  const context = { catalog, transaction: transaction.engine, meter: transaction.meter }
  const { page, ...result } = readPage(request, context, { previous: null, next: null })
  return { ...result, page: page.map(({ json }) => withoutHiddenFields(table, JSON.parse(json))) }
}

/** The tables of all components, for the data viewer. */
const allTables: SystemQuery = ({ host }) => {
  const shown = host.data().engine.tables.filter(({ name }) => !name.startsWith('_'))
  return shown.map(({ component, name, indexes }) => ({ component, name, indexes: [...indexes.keys()] }))
}

/** The newest scheduled functions of all components, for the data viewer. */
const scheduled: SystemQuery = (input) => {
  const { limit } = input.args
  const args = {
    table: SCHEDULED_FUNCTIONS,
    index: 'by_creation_time',
    order: 'desc',
    paginationOpts: { cursor: null, numItems: limit },
  }
  return componentsOf(input)
    .flatMap(component => tableData({ ...input, component, args }).page.map(job => ({ component, job })))
    .sort((one, other) => Number(other.job._creationTime) - Number(one.job._creationTime))
    .slice(0, limit)
    .map(({ component, job }) => ({ component, ...job }))
}

/** The cron jobs of all components, for the data viewer. */
const crons: SystemQuery = ({ host, transaction }) => componentsOf({ host }).flatMap(component =>
  [...transaction.documents(component, CRON_JOBS)].map(({ value }) => {
    const { name, spec, nextTime, lastRun } = value as unknown as StoredCron
    const { name: path, args: [args = {}], schedule } = JSON.parse(spec) as CronJob
    return {
      component,
      name,
      function: path,
      args,
      schedule: describeSchedule(schedule),
      nextTime,
      lastRun: lastRun ? { ...lastRun } : null,
    }
  }))

function componentsOf({ host }: Pick<SystemQueryInput, 'host'>): string[] {
  return [...new Set(host.data().engine.tables.map(({ component }) => component))]
}

/** The newest files of all components, with their addresses, for the data viewer. */
const files: SystemQuery = ({ host, transaction, args: { limit } }) => {
  const stored = componentsOf({ host }).flatMap(component =>
    [...transaction.documents(component, '_storage')].map(({ json }) => ({ component, file: JSON.parse(json) })))
  return stored
    .sort((one, other) => other.file._creationTime - one.file._creationTime)
    .slice(0, limit)
    .map(({ component, file: { key, ...file } }) => {
      return { ...file, component, url: `${host.urls().url}/api/storage/${key}` }
    })
}

function withoutHiddenFields(table: string, document: Record<string, JSONValue>): Record<string, JSONValue> {
  const hidden = HIDDEN_FIELDS[table] ?? []
  return Object.fromEntries(Object.entries(document).filter(([name]) => !hidden.includes(name)))
}

const environmentVariables: SystemQuery = ({ host }) => Object.entries(host.variables())
  .filter(([name]) => !OWN_VARIABLES.has(name))
  .sort(([one], [other]) => one < other ? -1 : 1)
  .map(([name, value]) => ({ name, value }))

const environmentVariable: SystemQuery = ({ host, args: { name } }) => {
  const value = host.variables()[name as string]
  if (value === undefined)
    return null
  return { name, value }
}

const apiSpec: SystemQuery = ({ host, component }) => {
  const described = host.description().components.find(({ path }) => path === component)
  if (described)
    return describeFunctions(described)
  return []
}

function describeFunctions({ functions, routes }: DescribedComponent): JSONValue {
  return [
    ...functions.map(({ module, export: name, kind, visibility, argsValidator, returnsValidator }) => ({
      identifier: `${module}.js:${name}`,
      functionType: KIND[kind],
      visibility: { kind: visibility },
      args: JSON.parse(argsValidator),
      returns: JSON.parse(returnsValidator ?? '{"type":"any"}'),
    })),
    ...(routes ?? []).map(({ path, method }) => ({ functionType: 'HttpAction', method, path })),
  ]
}

const components: SystemQuery = ({ host }) => {
  const installed = host.description().components.filter(({ path }) => path !== '')
  return installed.map(({ path }) => {
    return { id: path, path, name: path.split('/').at(-1)!, parent: null, args: {}, state: 'active' }
  })
}

const SYSTEM_QUERIES: Record<string, SystemQuery> = {
  '_system/cli/tables': tables,
  '_system/cli/tableData': tableData,
  '_system/cli/queryEnvironmentVariables': environmentVariables,
  '_system/cli/queryEnvironmentVariables:get': environmentVariable,
  '_system/cli/modules:apiSpec': apiSpec,
  '_system/cli/convexUrl:cloudUrl': ({ host }) => host.urls().url,
  '_system/cli/convexUrl:siteUrl': ({ host }) => host.urls().siteUrl,
  '_system/cli/exports:getLatest': ({ host }) => host.exports().latest,
  '_system/cli/queryImport': ({ host, args: { importId } }) => host.imports().describe(importId as string),
  '_system/cli/queryImport:list': ({ host }) => host.imports().list,
  '_system/frontend/components:list': components,
  '_system/convue/tables': allTables,
  '_system/convue/files': files,
  '_system/convue/scheduled': scheduled,
  '_system/convue/crons': crons,
}

/** Answers a query of the command line. */
export function answerSystemQuery(host: SystemQueryHost, call: QueryCall, transaction: DataTransaction): JSONValue {
  const { name, args, component = '' } = call
  const query = SYSTEM_QUERIES[name.replace(/:default$/, '')]
  if (!query) {
    throw new RefusedCall(`The embedded deployment does not have the query '${name}' `
      + 'of Convex\'s dashboard and command line.')
  }
  return query({ host, transaction, component, args: decodeArgs(name, args).encoded as Record<string, any> })
}
