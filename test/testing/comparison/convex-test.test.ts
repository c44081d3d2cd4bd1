import type { FunctionReference } from 'convex/server'
import type { Value } from 'convex/values'
import type { Deployment } from '../../../src/testing/index.ts'
import type { Bound, Filter, Maybe, Question, Step } from './functions/programs.ts'
import { fileURLToPath } from 'node:url'
import { convexTest } from 'convex-test'
import { makeFunctionReference } from 'convex/server'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDeployment } from '../../../src/testing/index.ts'
import { fieldValues } from '../engine/programs.ts'
import { engineRuns } from '../engine/runs.ts'
import schema from './functions/schema.ts'

const run = makeFunctionReference<'mutation', { steps: Step[] }, Value[]>('programs:run')
const read = makeFunctionReference<'query', { question: Question }, Value[]>('programs:read')
const page = makeFunctionReference<'query', PageArgs, { serials: number[], isDone: boolean, continueCursor: string }>('programs:page')
const clear = makeFunctionReference<'mutation', Record<string, never>, null>('programs:clear')

interface PageArgs extends Record<string, unknown> {
  question: Question
  numItems: number
  cursor: string | null
}

/** The functions as convex-test finds them: it looks for the folder that contains `_generated`. */
const MODULES = {
  './functions/_generated/server.js': async () => ({}),
  './functions/programs.ts': () => import('./functions/programs.ts'),
}

/** The part that an embedded deployment and convex-test have in common. */
interface Subject {
  query: <Args extends Record<string, any>, Result>(reference: FunctionReference<'query', 'public', Args, Result>, args: Args) => Promise<Result>
  mutation: <Args extends Record<string, any>, Result>(reference: FunctionReference<'mutation', 'public', Args, Result>, args: Args) => Promise<Result>
}

const maybe: fc.Arbitrary<Maybe> = fieldValues.map(value => ({ value }))
const rank = fc.integer({ min: -2, max: 2 })
const fields = { a: maybe, c: maybe, rank }
/** Which document a step uses: often one that does not exist. */
const serial = fc.nat(12)

const { filter } = fc.letrec<{ filter: Filter }>(tie => ({
  filter: fc.oneof(
    { maxDepth: 2 },
    // convex-test compares with the operators of JavaScript, which mix types: hence `lt`, `lte`,
    // `gt` and `gte` for numbers only. It does not implement `q.neg`, and accepts results that are
    // not booleans.
    fc.record({ do: fc.constant('compareValue' as const), operator: fc.constantFrom('eq' as const, 'neq' as const), field: fc.constantFrom('a' as const, 'b.c' as const), with: maybe }),
    fc.record({ do: fc.constant('compareRank' as const), operator: fc.constantFrom('lt' as const, 'lte' as const, 'gt' as const, 'gte' as const), plus: rank, than: rank }),
    fc.record({ do: fc.constant('combine' as const), operator: fc.constantFrom('and' as const, 'or' as const), filters: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ do: fc.constant('not' as const), filter: tie('filter') }),
  ),
}))

function bound(...operators: Bound['operator'][]): fc.Arbitrary<Bound | undefined> {
  return fc.option(fc.record({ operator: fc.constantFrom(...operators), value: fieldValues }), { nil: undefined })
}

const more = {
  order: fc.constantFrom('asc' as const, 'desc' as const),
  filter: fc.option(filter, { nil: undefined }),
  limit: fc.option(fc.nat(4), { nil: undefined }),
}
const bounds = { lower: bound('gt', 'gte'), upper: bound('lt', 'lte') }
const question: fc.Arbitrary<Question> = fc.oneof(
  // `by_id` is not used: ids sort in random order on Convex, and in the order of creation in convex-test.
  fc.record({ index: fc.constant('by_creation_time' as const), equal: fc.constant<Maybe[]>([]), ...more }),
  fc.record({ index: fc.constantFrom('by_a' as const, 'by_rank' as const), equal: fc.constant<Maybe[]>([]), ...bounds, ...more }),
  fc.record({ index: fc.constant('by_a' as const), equal: fc.tuple(maybe), ...more }),
  fc.record({ index: fc.constant('by_a_c' as const), equal: fc.array(maybe, { maxLength: 1 }), ...bounds, ...more }),
  fc.record({ index: fc.constant('by_a_c' as const), equal: fc.tuple(maybe, maybe), ...more }),
)

const { steps } = fc.letrec<{ steps: Step[] }>(tie => ({
  steps: fc.array(fc.oneof(
    { maxDepth: 2 },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('insert' as const), serial, ...fields }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('replace' as const), serial, ...fields }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('patch' as const), serial, ...fields }, { requiredKeys: ['do', 'serial'] }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('delete' as const, 'get' as const), serial }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('read' as const), question }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('nest' as const), steps: tie('steps'), fails: fc.boolean() }) },
  ), { maxLength: 10 }),
}))

const programs = fc.record({
  transactions: fc.array(steps, { maxLength: 4 }),
  questions: fc.array(question, { minLength: 1, maxLength: 3 }),
  pageSize: fc.integer({ min: 1, max: 4 }),
})
type Program = typeof programs extends fc.Arbitrary<infer Value> ? Value : never

/** Inserts get consecutive numbers, so that each number belongs to one document. */
function numberInserts(steps: Step[], counter: { next: number }): Step[] {
  return steps.map((step) => {
    if (step.do === 'nest')
      return { ...step, steps: numberInserts(step.steps, counter) }
    return step.do === 'insert' ? { ...step, serial: counter.next++ } : step
  })
}

/** Everything that a program returns. */
async function execute(subject: Subject, { transactions, questions, pageSize }: Program): Promise<unknown[]> {
  const counter = { next: 0 }
  const results: unknown[] = []
  for (const steps of transactions)
    results.push(await subject.mutation(run, { steps: numberInserts(steps, counter) }))
  for (const question of questions) {
    results.push(await subject.query(read, { question }))
    results.push(await readPages(subject, { ...question, limit: undefined }, pageSize))
  }
  return results
}

/**
 * The pages with documents. If the last page is full, convex-test reports that the list is done, and Convex returns an
 * empty page after it.
 */
async function readPages(subject: Subject, question: Question, numItems: number): Promise<number[][]> {
  const pages: number[][] = []
  for (let cursor: string | null = null, isDone = false; !isDone;) {
    const result: { serials: number[], isDone: boolean, continueCursor: string } = await subject.query(page, { question, numItems, cursor })
    pages.push(result.serials);
    ({ isDone, continueCursor: cursor } = result)
  }
  return pages.filter(({ length }) => length > 0)
}

let deployment: Deployment
beforeAll(async () => {
  deployment = await startDeployment({ functions: fileURLToPath(new URL('functions', import.meta.url)) })
})
afterAll(() => deployment.close())

describe('startDeployment', () => {
  it('returns what convex-test returns, for random programs', { timeout: 3600_000 }, async () => {
    await fc.assert(fc.asyncProperty(programs, async (program) => {
      await deployment.mutation(clear)
      const own = await execute(deployment as Subject, program)
      expect(own).toEqual(await execute(convexTest(schema, MODULES) as Subject, program))
    }), { numRuns: engineRuns(10_000) })
    expect.hasAssertions()
  })
})
