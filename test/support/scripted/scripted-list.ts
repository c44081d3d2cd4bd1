import type { FunctionArgs, PaginationOptions, PaginationResult } from 'convex/server'
import type { ScriptedDeployment } from './scripted-deployment.ts'
import { makeFunctionReference } from 'convex/server'

export interface Row { _id: string, rank: number, text: string }

/** References to the functions that a {@link ScriptedList} scripts. */
export const listApi = {
  page: makeFunctionReference<'query', { of: string, paginationOpts: PaginationOptions & { id?: number } }, PaginationResult<Row>>('rows:page'),
  add: makeFunctionReference<'mutation', { of: string, rank: number }, null>('rows:add'),
}

/**
 * `rows:page` returns the pages of lists that a test changes. As with Convex's query journals, the
 * end of a page remains the same after the first result.
 */
export class ScriptedList {
  /**
   * The ranks of each list, by its name. If a list has the name `<name> of <subject>`, this subject
   * receives its rows instead of the rows of `<name>`.
   */
  readonly lists: Record<string, number[]> = {}
  /** Replaces the result of a page. It may throw. */
  intercept: (result: PaginationResult<Row>, options: PaginationOptions, subject: string | null, of: string) => unknown = result => result
  readonly #deployment: ScriptedDeployment
  /** The end of each page, as in its first result. */
  readonly #ends = new Map<string, string>()

  constructor(deployment: ScriptedDeployment) {
    this.#deployment = deployment
    deployment.functions.set('rows:page', (args: FunctionArgs<typeof listApi.page>, subject) => this.#page(args, subject) as any)
    deployment.functions.set('rows:add', ({ of, rank }) => {
      this.lists[of]!.push(rank)
      return null
    })
  }

  /** Fills a list with the ranks from 0 to `count` − 1. */
  fill(of: string, count: number): void {
    this.lists[of] = Array.from({ length: count }, (_, rank) => rank)
  }

  /** Discards the ends of all pages, like a new client, which has no query journals. */
  forgetEnds(): void {
    this.#ends.clear()
  }

  /** Changes a list and updates all subscribers. */
  change(of: string, change: (ranks: number[]) => number[]): void {
    this.lists[of] = change(this.lists[of]!)
    this.#deployment.invalidate()
  }

  /**
   * The pages that were subscribed since the last call, as `cursor to end` or `cursor +count`, in
   * order.
   */
  takePages(): string[] {
    return this.#deployment.frames.splice(0)
      .flatMap(({ modifications = [] }) => modifications)
      .filter(({ type, udfPath }: any) => type === 'Add' && udfPath === 'rows:page')
      .map(({ args: [{ paginationOpts: { cursor, endCursor, numItems } }] }: any) => `${cursor ?? 'start'} ${endCursor ? `to ${endCursor}` : `+${numItems}`}`)
  }

  #page({ of, paginationOpts }: FunctionArgs<typeof listApi.page>, subject: string | null): unknown {
    const ranks = (this.lists[`${of} of ${subject}`] ?? this.lists[of]!).toSorted((one, other) => one - other)
    const key = JSON.stringify([of, paginationOpts, subject])
    const position = (cursor: string): number => cursor === 'end' ? Number.POSITIVE_INFINITY : Number(cursor)
    const { cursor, numItems } = paginationOpts
    const behind = ranks.filter(rank => cursor === null || rank > position(cursor))
    const end = paginationOpts.endCursor ?? this.#ends.get(key) ?? (behind.length < numItems ? 'end' : String(behind[numItems - 1]))
    const page = behind.filter(rank => rank <= position(end)).map(rank => ({ _id: `${of} ${rank}`, rank, text: `${subject ?? 'anonymous'}'s ${rank}` }))
    const result: PaginationResult<Row> = {
      page,
      isDone: end === 'end',
      continueCursor: end,
      splitCursor: page.length > 2 ? String(page[Math.floor(page.length / 2)]!.rank) : null,
      pageStatus: null,
    }
    const answer = this.intercept(result, paginationOpts, subject, of)
    this.#ends.set(key, end)
    return answer
  }
}
