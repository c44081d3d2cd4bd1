/** Divides the rows of a list into the pages that a paginated query requests. */
import type { PaginationOptions, PaginationResult } from 'convex/server'
import type { Answer, MockCaller } from './answers.ts'

type PageArgs = Record<string, unknown> & { paginationOpts: PaginationOptions & { endCursor?: string | null } }

type Page = PaginationResult<unknown>

/** An answer with one page of the rows. */
export function takePage(rows: Answer<any, unknown[]>): (args: PageArgs, caller: MockCaller) => Page | Promise<Page> {
  return ({ paginationOpts, ...args }, caller) => {
    const all = typeof rows === 'function' ? rows(args, caller) : rows
    return all instanceof Promise ? all.then(all => slice(all, paginationOpts)) : slice(all, paginationOpts)
  }
}

/** The cursor of a position is the number of the rows before it. */
function slice(rows: unknown[], { cursor, numItems, endCursor }: PageArgs['paginationOpts']): Page {
  const start = Number(cursor ?? 0)
  const end = endCursor ? Number(endCursor) : Math.min(start + numItems, rows.length)
  return { page: rows.slice(start, end), isDone: end >= rows.length, continueCursor: String(end) }
}
