/** Functions whose arguments determine what they read and write. */
import type { Value } from 'convex/values'
import { makeFunctionReference, mutationGeneric, queryGeneric } from 'convex/server'
import { v } from 'convex/values'

/** A value, or a missing field: arguments cannot contain `undefined` in a list. */
export interface Maybe {
  value?: Value | undefined
}

export interface Bound extends Maybe {
  operator: 'gt' | 'gte' | 'lt' | 'lte'
}

export type Filter
  = | { do: 'compareValue', operator: 'eq' | 'neq', field: 'a' | 'b.c', with: Maybe }
    | { do: 'compareRank', operator: 'lt' | 'lte' | 'gt' | 'gte', plus: number, than: number }
    | { do: 'combine', operator: 'and' | 'or', filters: Filter[] }
    | { do: 'not', filter: Filter }

export interface Question {
  index: 'by_creation_time' | 'by_a' | 'by_a_c' | 'by_rank'
  /** The values of the first fields of the index, and the bounds of the next field. */
  equal: Maybe[]
  lower?: Bound | undefined
  upper?: Bound | undefined
  order: 'asc' | 'desc'
  filter?: Filter | undefined
  limit?: number | undefined
}

export type Step
  = | { do: 'insert', serial: number, a: Maybe, c: Maybe, rank: number }
    | { do: 'replace', serial: number, a: Maybe, c: Maybe, rank: number }
    | { do: 'patch', serial: number, a?: Maybe, c?: Maybe, rank?: number }
    | { do: 'delete' | 'get', serial: number }
    | { do: 'read', question: Question }
    | { do: 'nest', steps: Step[], fails: boolean }

const FIELDS = {
  by_creation_time: ['_creationTime'],
  by_a: ['a', '_creationTime'],
  by_a_c: ['a', 'b.c', '_creationTime'],
  by_rank: ['rank', '_creationTime'],
}

export const run = mutationGeneric({
  args: { steps: v.array(v.any()), fails: v.optional(v.boolean()) },
  handler: async (ctx, { steps, fails }): Promise<Value[]> => {
    const results: Value[] = []
    for (const step of steps)
      results.push(await perform(ctx, step))
    if (fails)
      throw new Error('undone')
    return results
  },
})
const self = makeFunctionReference<'mutation', { steps: Step[], fails: boolean }, Value[]>('programs:run')

export const read = queryGeneric({
  args: { question: v.any() },
  handler: async (ctx, { question }) => await answer(ctx.db, question),
})

export const page = queryGeneric({
  args: { question: v.any(), numItems: v.number(), cursor: v.union(v.string(), v.null()) },
  handler: async (ctx, { question, numItems, cursor }) => {
    const { page, isDone, continueCursor } = await toQuery(ctx.db, question).paginate({ numItems, cursor })
    return { serials: page.map(({ serial }: { serial: number }) => serial), isDone, continueCursor }
  },
})

export const clear = mutationGeneric({
  args: {},
  handler: async (ctx) => {
    for (const { _id } of await ctx.db.query('things').collect())
      await ctx.db.delete(_id)
  },
})

async function perform(ctx: any, step: Step): Promise<Value> {
  if (step.do === 'insert') {
    await ctx.db.insert('things', { serial: step.serial, a: step.a.value, b: { c: step.c.value }, rank: step.rank })
    return step.serial
  }
  if (step.do === 'read')
    return await answer(ctx.db, step.question)
  if (step.do === 'nest')
    return await ctx.runMutation(self, { steps: step.steps, fails: step.fails }).catch(() => 'undone')
  const found = await ctx.db.query('things').withIndex('by_serial', (q: any) => q.eq('serial', step.serial)).unique()
  if (found === null)
    return 'missing'
  switch (step.do) {
    case 'get':
      return describe(await ctx.db.get(found._id))
    case 'delete':
      await ctx.db.delete(found._id)
      return await ctx.db.get(found._id)
    case 'replace':
      await ctx.db.replace(found._id, { serial: step.serial, a: step.a.value, b: { c: step.c.value }, rank: step.rank })
      return describe(await ctx.db.get(found._id))
    case 'patch':
      await ctx.db.patch(found._id, {
        ...step.a && { a: step.a.value },
        ...step.c && { b: { c: step.c.value } },
        ...step.rank !== undefined && { rank: step.rank },
      })
      return describe(await ctx.db.get(found._id))
    default:
      return step satisfies never
  }
}

async function answer(db: any, question: Question): Promise<Value> {
  const query = toQuery(db, question)
  const found = question.limit === undefined ? await query.collect() : await query.take(question.limit)
  return found.map(describe)
}

function toQuery(db: any, { index, equal, lower, upper, order, filter }: Question): any {
  const fields = FIELDS[index]
  const query = db.query('things').withIndex(index, (start: any) => {
    let range = start
    equal.forEach(({ value }, position) => range = range.eq(fields[position], value))
    for (const bound of [lower, upper])
      range = bound ? range[bound.operator](fields[equal.length], bound.value) : range
    return range
  }).order(order)
  return filter ? query.filter((q: any) => toExpression(q, filter)) : query
}

function toExpression(q: any, filter: Filter): any {
  switch (filter.do) {
    case 'compareValue':
      return q[filter.operator](q.field(filter.field), filter.with.value)
    case 'compareRank':
      return q[filter.operator](q.add(q.field('rank'), filter.plus), filter.than)
    case 'combine':
      return q[filter.operator](...filter.filters.map(one => toExpression(q, one)))
    case 'not':
      return q.not(toExpression(q, filter.filter))
    default:
      return filter satisfies never
  }
}

/** A document without the id and the time, which differ in each deployment. */
function describe({ serial, a, b, rank }: any): Value {
  return { serial, a, b, rank }
}
