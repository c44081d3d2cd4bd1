import type { PaginationOptions, PaginationResult } from 'convex/server'
import type { Value } from 'convex/values'
import type { Row } from '../support/scripted/scripted-list.ts'
import type { SentFile } from '../support/scripted/scripted-xhr.ts'
import type { StorageMode } from './commands.ts'
import { makeFunctionReference } from 'convex/server'
import { ScriptedDeployment } from '../support/scripted/scripted-deployment.ts'
import { ScriptedList } from '../support/scripted/scripted-list.ts'
import { stubXhr } from '../support/scripted/scripted-xhr.ts'
import { USERS } from './commands.ts'

/** A result that identifies its user and its topic. */
// eslint-disable-next-line ts/consistent-type-definitions
export type Answer = { whose: string, topic: string, count: number, rows: { _id: string, whose: string }[] }

/**
 * The functions of a page. The text of a row identifies its user (`ada's 3`), and its id identifies
 * its topic (`a 3`).
 */
export const modelApi = {
  tasks: makeFunctionReference<'query', { topic: string }, Answer>('model:tasks'),
  /** Only for views that require a user. */
  secret: makeFunctionReference<'query', { topic: string }, Answer>('model:secret'),
  page: makeFunctionReference<'query', { of: string, paginationOpts: PaginationOptions }, PaginationResult<Row>>('model:page'),
  /** Rejects a change of another user's data. */
  add: makeFunctionReference<'mutation', { topic: string, id: number, owner?: string }, string>('model:add'),
  run: makeFunctionReference<'action', { id: number }, string>('model:run'),
  uploadUrl: makeFunctionReference<'mutation', { id: number }, string>('model:uploadUrl'),
}

/** A scripted deployment with a small database. Its functions return the user that they run as. */
export class ModelBackend {
  readonly deployment = new ScriptedDeployment()
  /** How often the data of each topic and user has changed. */
  readonly #counts = new Map<string, number>()
  readonly #list = new ScriptedList(this.deployment)
  readonly failing = new Set<string>()
  /** The user that each call ran as. */
  readonly executions: { id: number, whose: string }[] = []
  storage: StorageMode = 'good'
  readonly files = stubXhr()
  /** How many of the next tokens are rejected. */
  rejections = 0
  /** Until when all tokens are rejected, in milliseconds since 1970. */
  rejectsUntil = 0
  rejected = 0

  constructor(latencyMs: number) {
    const { deployment } = this
    deployment.latencyMs = latencyMs
    deployment.isPinging = true
    deployment.accepts = () => {
      const isRejected = this.rejections > 0 || Date.now() < this.rejectsUntil
      if (isRejected) {
        this.rejections = Math.max(0, this.rejections - 1)
        this.rejected++
      }
      return !isRejected
    }
    for (const topic of ['a', 'b']) {
      for (const whose of ['anonymous', ...USERS])
        this.#fill(topic, whose)
    }
    this.#list.intercept = (result, _options, subject, of) => {
      this.#failIfRequested(of, whoseOf(subject))
      return result
    }
    deployment.functions.set('model:page', deployment.functions.get('rows:page')!)
    const define = (name: string, run: (args: any, whose: string) => unknown): unknown =>
      deployment.functions.set(name, (args, subject) => run(args, whoseOf(subject)) as Value)
    define('model:tasks', ({ topic }, whose) => this.answer(topic, whose))
    define('model:secret', ({ topic }, whose) => this.answer(topic, whose))
    define('model:add', ({ topic, id, owner }, whose) => {
      if (owner !== undefined && owner !== whose)
        throw new Error(`${whose}'s addition refused`)
      this.executions.push({ id, whose })
      this.change(topic, whose)
      return whose
    })
    define('model:run', ({ id }, whose) => {
      this.executions.push({ id, whose })
      return whose
    })
    // The page requests an upload URL for each attempt.
    define('model:uploadUrl', ({ id }, whose) => `https://storage.example/${id}/${whose}`)
    this.files.answerAll = request => this.#store(request)
  }

  change(topic: string, whose: string): void {
    const key = `${topic} of ${whose}`
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
    this.#fill(topic, whose)
  }

  /** The current result of the query `model:tasks`. An error also identifies its user. */
  answer(topic: string, whose: string): Answer {
    this.#failIfRequested(topic, whose)
    const count = this.#counts.get(`${topic} of ${whose}`) ?? 0
    return { whose, topic, count, rows: Array.from({ length: 1 + count % 3 }, (_, row) => ({ _id: `${whose} ${topic} ${row}`, whose })) }
  }

  /**
   * All rows of a list, in the order in which the page shows them after it has loaded all pages.
   */
  rows(topic: string, whose: string): Row[] {
    const ranks = this.#list.lists[nameOfList(topic, whose)]!
    return ranks.toSorted((one, other) => one - other).map(rank => ({ _id: `${topic} ${rank}`, rank, text: `${whose}'s ${rank}` }))
  }

  /** Stores each file whose upload has not been answered yet. */
  flushFiles(): void {
    this.storage = 'good'
    for (const request of this.files.sent) {
      if (!request.isOver)
        this.#store(request)
    }
  }

  /** For this time, rejects all tokens, including the tokens of open connections. */
  rejectTokensFor(ms: number): void {
    this.rejectsUntil = Date.now() + ms
    for (const socket of this.deployment.liveSockets) {
      if (socket.subject !== null)
        socket.refuse()
    }
    this.rejected++
  }

  /** Discards the records of past events, which a real server would not keep in memory. */
  forget(): void {
    const { deployment } = this
    this.executions.length = 0
    this.files.sent.length = 0
    this.#list.forgetEnds()
    deployment.frames = []
    deployment.executions.length = 0
    deployment.mutationResponses.clear()
    deployment.sockets.splice(0, deployment.sockets.length, ...deployment.liveSockets)
    for (const socket of deployment.sockets)
      socket.frames.length = 0
  }

  /** Adds and removes rows anywhere in the list. */
  #fill(topic: string, whose: string): void {
    const count = this.#counts.get(`${topic} of ${whose}`) ?? 0
    this.#list.lists[nameOfList(topic, whose)] = Array.from({ length: 2 + (3 * count) % 7 }, (_, row) => 10 * row + (row % 2 === 0 ? count % 3 : 0))
  }

  #failIfRequested(topic: string, whose: string): void {
    if (this.failing.has(topic))
      throw new Error(`${whose}'s ${topic} failed`)
  }

  #store(request: SentFile): void {
    setTimeout(() => {
      const [id, whose] = request.url.split('/').slice(-2)
      if (this.storage === 'good')
        request.answer(200, JSON.stringify({ storageId: `${id} of ${whose}` }))
      else if (this.storage === 'refusing')
        request.answer(413, '')
      else if (this.storage === 'failing')
        request.answer(503, '')
    }, this.deployment.latencyMs)
  }
}

function whoseOf(subject: string | null): string {
  return subject ?? 'anonymous'
}

/** The name of a {@link ScriptedList} for the user who requests it. */
function nameOfList(topic: string, whose: string): string {
  return whose === 'anonymous' ? topic : `${topic} of ${whose}`
}
