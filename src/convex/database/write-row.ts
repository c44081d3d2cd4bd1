/** Writes one row, with checks of unique fields, the triggers, and the rows that refer to it. */
import type { GenericDataModel, GenericMutationCtx } from 'convex/server'
import type { CreateStatement, DeleteStatement, Row, UpdateStatement } from './statement.ts'
import type { FindTable, Table } from './tables.ts'
import type { UntypedTriggers } from './triggers.ts'
import { setupError } from '../setup-error.ts'
import { checkFields, planLookup } from './plan-lookup.ts'
import { readAll, readById, toRow } from './read.ts'
import { checkUnique } from './unique.ts'
import { writeEach } from './write-each.ts'

export type WriteCtx = GenericMutationCtx<GenericDataModel>

/** The tables, and the triggers that run with each write to them. */
export interface Writer {
  findTable: FindTable
  triggers: UntypedTriggers
}

/** The parts of a statement that describe the update of one row. */
type Update = Pick<UpdateStatement, 'changes' | 'increments' | 'unique' | 'onUnindexed'>
/** The parts of a statement that describe the deletion of one row. */
type Deletion = Pick<DeleteStatement, 'references' | 'onUnindexed'>

export async function createRow(
  ctx: WriteCtx,
  { triggers }: Writer,
  table: Table,
  statement: CreateStatement,
): Promise<Row> {
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

/** Returns the changed row, or `null` if a trigger has deleted the row before its change. */
export async function updateRow(
  ctx: WriteCtx,
  { triggers }: Writer,
  table: Table,
  statement: Update,
  row: Row,
): Promise<Row | null> {
  const trigger = triggers[table.name]
  const sums = Object.entries(statement.increments).map(([field, step]) => [field, (row[field] ?? 0) + step])
  const changes: Row = { ...Object.fromEntries(sums), ...statement.changes }
  // Some callers pass a whole row, with its `id`. Tables in which Convex chooses the ids do not
  // have this field.
  if (changes.id === row.id)
    delete changes.id
  const previous = toDocument(table, row)
  if (trigger?.beforeUpdate) {
    Object.assign(changes, withoutUndefined(await trigger.beforeUpdate(ctx, previous, changes)))
    if (await ctx.db.get(row._id) === null)
      return null
  }
  await checkUnique(ctx.db, table, statement, changes, row)
  await ctx.db.patch(row._id, toStored(table, changes, 'unset'))
  if (trigger?.onUpdate)
    await trigger.onUpdate(ctx, (await ctx.db.get(row._id))!, previous)
  return toRow(await ctx.db.get(row._id) ?? { ...row, ...changes })
}

/** Deletes a row, and then deletes or changes the rows that refer to it, in one transaction. */
export async function deleteRow(
  ctx: WriteCtx,
  writer: Writer,
  table: Table,
  statement: Deletion,
  row: Row,
): Promise<Row> {
  const trigger = writer.triggers[table.name]
  const document = toDocument(table, row)
  await trigger?.beforeDelete?.(ctx, document)
  // The trigger may have deleted the row itself.
  if (!trigger?.beforeDelete || await ctx.db.get(row._id) !== null)
    await ctx.db.delete(row._id)
  await releaseReferences(ctx, writer, table, statement, row)
  await trigger?.onDelete?.(ctx, document)
  return row
}

async function releaseReferences(
  ctx: WriteCtx,
  writer: Writer,
  table: Table,
  { references, onUnindexed }: Deletion,
  row: Row,
): Promise<void> {
  for (const { from, to, action } of references) {
    const value = row[to.field] ?? null
    if (to.table !== table.name || value === null)
      continue
    const referring = writer.findTable(from.table)
    const where = [{ field: from.field, operator: 'eq', value, connector: 'AND', isInsensitive: false } as const]
    const rows = await readAll(ctx.db, planLookup(referring, { where, onUnindexed }), null)
    const update: Update = { changes: { [from.field]: null }, increments: {}, unique: [], onUnindexed }
    await writeEach(ctx.db, rows, where, current => action === 'cascade'
      ? deleteRow(ctx, writer, referring, { references, onUnindexed }, current)
      : updateRow(ctx, writer, referring, update, current))
  }
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
