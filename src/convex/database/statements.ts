/** Makes statements from the arguments with which Better Auth calls its database adapter. */
import type {
  CountStatement,
  CreateStatement,
  DeleteStatement,
  FindStatement,
  Join,
  OnUnindexed,
  Reference,
  Row,
  UpdateStatement,
} from './statement.ts'
import type { WhereInput } from './values.ts'
import { toCondition } from './values.ts'

/** The properties of a Better Auth instance on which its statements depend. */
export interface StatementContext {
  /** The name of a field in the database. */
  getFieldName: (field: { model: string, field: string }) => string
  /** The fields of a table whose values only one row may have. */
  uniqueOf: (model: string) => string[][]
  /** The references that the deletion of a row of a table affects. */
  referencesTo: (model: string) => Reference[]
  onUnindexed: OnUnindexed
}

interface FindArgs {
  model: string
  where?: WhereInput[] | undefined
  limit?: number | undefined
  select?: string[] | undefined
  sortBy?: FindStatement['sortBy'] | undefined
  offset?: number | undefined
  join?: Record<string, JoinArgs> | undefined
}

interface JoinArgs {
  on: Join['on']
  limit?: number | undefined
  relation?: string | undefined
}

interface UpdateArgs {
  model: string
  where: WhereInput[]
  scope: 'first' | 'all'
  changes?: Row | undefined
  increments?: Record<string, number> | undefined
}

/** The functions that make the statements of each kind. */
export interface Statements {
  find: (args: FindArgs) => FindStatement
  count: (args: { model: string, where?: WhereInput[] | undefined }) => CountStatement
  create: (args: { model: string, data: Row }) => CreateStatement
  update: (args: UpdateArgs) => UpdateStatement
  delete: (args: { model: string, where: WhereInput[], scope: 'first' | 'all' }) => DeleteStatement
}

/** The number of joined rows if Better Auth does not limit them. */
const DEFAULT_JOIN_LIMIT = 100

export function createStatements({ getFieldName, uniqueOf, referencesTo, onUnindexed }: StatementContext): Statements {
  return {
    find: ({ model, where = [], join = {}, select = [], sortBy, offset = 0, limit }) => ({
      type: 'find',
      table: model,
      where: where.map(toCondition),
      joins: Object.entries(join).map(([name, args]) => toJoin(name, args)),
      select: select.map(field => getFieldName({ model, field })),
      sortBy: sortBy ? { ...sortBy, field: getFieldName({ model, field: sortBy.field }) } : null,
      offset,
      limit: limit ?? null,
      onUnindexed,
    }),
    count: ({ model, where = [] }) => ({ type: 'count', table: model, where: where.map(toCondition), onUnindexed }),
    create: ({ model, data }) => ({ type: 'create', table: model, data, unique: uniqueOf(model), onUnindexed }),
    update: ({ model, where, scope, changes = {}, increments = {} }) => ({
      type: 'update',
      table: model,
      where: where.map(toCondition),
      changes,
      increments,
      unique: uniqueOf(model),
      scope,
      onUnindexed,
    }),
    delete: ({ model, where, scope }) => ({
      type: 'delete',
      table: model,
      where: where.map(toCondition),
      references: referencesTo(model),
      scope,
      onUnindexed,
    }),
  }
}

function toJoin(name: string, { on, limit = DEFAULT_JOIN_LIMIT, relation }: JoinArgs): Join {
  return { name, table: name, on, limit: relation === 'one-to-one' ? null : limit }
}
