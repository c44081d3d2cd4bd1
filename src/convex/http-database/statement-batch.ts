/** Collects the statements of one tick, and sends them together. */
import type { Statement } from '../database/statement.ts'
import { LONGEST_BODY, MOST_STATEMENTS } from './protocol.ts'

/** A statement, and its form in the body of a request. */
export interface EncodedStatement {
  statement: Statement
  json: string
}

/** The outcome of one statement: its value, or an error. */
export type Outcome = { value: any } | { error: Error }

interface WaitingStatement extends EncodedStatement {
  settle: (outcome: Outcome) => void
}

/** Runs one statement together with the other statements of its tick. */
export type StatementBatch = (statement: EncodedStatement) => Promise<any>

/**
 * Better Auth awaits several promises before a statement, and their number varies. So a batch is
 * sent `TURNS` microtasks after its first statement. It does not wait for a timer: within one turn
 * of the event loop, a batch contains the statements of one request only, as some platforms
 * require.
 */
const TURNS = 20

/**
 * @param send Sends the statements of one request, and resolves with an outcome for each of them.
 * It never rejects.
 */
export function createBatch(send: (statements: EncodedStatement[]) => Promise<Outcome[]>): StatementBatch {
  let waiting: WaitingStatement[] = []

  async function sendAll(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++)
      await null
    const batch = waiting
    waiting = []
    // The requests are sent one after another, so that all statements run in their order.
    for (const statements of splitBatch(batch)) {
      const outcomes = await send(statements)
      for (const [number, { settle }] of statements.entries())
        settle(outcomes[number]!)
    }
  }

  return async (encoded) => {
    const outcome = await new Promise<Outcome>((settle) => {
      waiting.push({ ...encoded, settle })
      if (waiting.length === 1)
        void sendAll()
    })
    if ('error' in outcome)
      throw outcome.error
    return outcome.value
  }
}

/** Splits a batch into requests that the deployment accepts. */
function splitBatch(batch: WaitingStatement[]): WaitingStatement[][] {
  const requests: WaitingStatement[][] = []
  let length = Infinity
  for (const statement of batch) {
    length += statement.json.length + 1
    if (length > LONGEST_BODY / 2 || requests.at(-1)!.length === MOST_STATEMENTS) {
      requests.push([])
      length = statement.json.length
    }
    requests.at(-1)!.push(statement)
  }
  return requests
}
