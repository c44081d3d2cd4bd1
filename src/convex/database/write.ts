/** Runs statements that write, with the checks of unique fields and the app's triggers. */
import type { GenericDataModel, GenericMutationCtx } from 'convex/server'
import type { CreateStatement, Position, Row, UpdateStatement, WriteStatement } from './statement.ts'
import type { FindTable, Table } from './tables.ts'
import type { UntypedTriggers } from './triggers.ts'
import { setupError } from '../setup-error.ts'
import { checkFields, planLookup } from './plan-lookup.ts'
import { completeRow, readById, readPart, toRow } from './read.ts'
import { checkUnique } from './unique.ts'

export type WriteCtx = GenericMutationCtx<GenericDataModel>

/** The tables, and what runs with each write to them. */
export interface Writer {
  findTable: FindTable
  triggers: UntypedTriggers
}

/** The rows that a part of a statement has written, and where the next part begins. */
export interface WrittenPart {
  rows: Row[]
  next: Position | null
}

/** Runs a part of a statement that writes at most the rows that it reads. */
export async function writePart(
  ctx: WriteCtx,
  writer: Writer,
  statement: WriteStatement,
  position: Position,
  reads: number,
): Promise<WrittenPart> {
  const table = writer.findTable(statement.table)
  if (statement.type === 'create')
    return { rows: [completeRow(table, await createRow(ctx, writer, table, statement))], next: null }

  const isFirst = statement.scope === 'first'
  const part = await readPart(ctx.db, planLookup(table, statement), position, { reads, wanted: isFirst ? 1 : null })
  const rows: Row[] = []
  for (const row of part.rows) {
    if (statement.type === 'update')
      rows.push(await updateRow(ctx, writer, table, statement, row))
    else
      rows.push(await deleteRow(ctx, writer, table, row))
  }
  return { rows: rows.map(row => completeRow(table, row)), next: part.next }
}

async function createRow(ctx: WriteCtx, { triggers }: Writer, table: Table, statement: CreateStatement): Promise<Row> {
  const trigger = triggers[table.name]
  const { id, ...given } = statement.data
  const values: Row = { ...given, ...withoutUndefined(await trigger?.beforeCreate?.(ctx, given)) }
  if (id !== undefined) {
    await checkOwnId(ctx, table, id)
    values.id = id
  }
  await checkUnique(ctx.db, table, statement, values, null)
  const key = await ctx.db.insert(table.name, toStored(table, values, 'omit'))
  if (trigger?.onCreate)
    await trigger.onCreate(ctx, (await ctx.db.get(key))!)
  // A trigger may have changed or even deleted the row.
  return toRow(await ctx.db.get(key) ?? { ...values, _id: key })
}

async function updateRow(
  ctx: WriteCtx,
  { triggers }: Writer,
  table: Table,
  statement: UpdateStatement,
  row: Row,
): Promise<Row> {
  const trigger = triggers[table.name]
  const sums = Object.entries(statement.increments).map(([field, step]) => [field, (row[field] ?? 0) + step])
  const changes: Row = { ...Object.fromEntries(sums), ...statement.changes }
  const previous = toDocument(table, row)
  Object.assign(changes, withoutUndefined(await trigger?.beforeUpdate?.(ctx, previous, changes)))
  await checkUnique(ctx.db, table, statement, changes, row)
  await ctx.db.patch(row._id, toStored(table, changes, 'unset'))
  if (trigger?.onUpdate)
    await trigger.onUpdate(ctx, (await ctx.db.get(row._id))!, previous)
  return toRow(await ctx.db.get(row._id) ?? { ...row, ...changes })
}

async function deleteRow(ctx: WriteCtx, { triggers }: Writer, table: Table, row: Row): Promise<Row> {
  const trigger = triggers[table.name]
  const document = toDocument(table, row)
  await trigger?.beforeDelete?.(ctx, document)
  await ctx.db.delete(row._id)
  await trigger?.onDelete?.(ctx, document)
  return row
}

/** @throws ConvueError `AUTH_ID_UNSUPPORTED`, `AUTH_ID_TAKEN` */
async function checkOwnId(ctx: WriteCtx, table: Table, id: string): Promise<void> {
  if (!table.hasOwnIds)
    throw setupError('AUTH_ID_UNSUPPORTED', table.name)
  if (await readById(ctx.db, table, id))
    throw setupError('AUTH_ID_TAKEN', table.name)
}

/** A trigger that returns `undefined` for a field, or nothing at all, does not change it. */
function withoutUndefined(values: Row | void): Row {
  return Object.fromEntries(Object.entries(values ?? {}).filter(([, value]) => value !== undefined))
}

/** The document of a row, as the app sees it. */
function toDocument({ hasOwnIds }: Table, row: Row): Row {
  const { id, ...document } = row
  return hasOwnIds && id !== row._id ? row : document
}

/**
 * The values as the table accepts them. Where a field does not accept `null`, a new row has no
 * value, and a changed row loses its value.
 */
function toStored(table: Table, values: Row, missing: 'omit' | 'unset'): Row {
  checkFields(table, Object.keys(values))
  const entries = Object.entries(values).map(([name, value]) => {
    const isAccepted = value !== null || table.fields === null || table.fields[name]!.acceptsNull
    return [name, isAccepted ? value : undefined]
  })
  return Object.fromEntries(missing === 'unset' ? entries : entries.filter(([, value]) => value !== undefined))
}
