import type { Value } from 'convex/values'
import { makeFunctionReference } from 'convex/server'
import { ScriptedDeployment } from '../support/scripted-deployment.ts'

/** An answer that says whose and about what it is. */
export interface Answer { whose: string, topic: string, count: number, rows: { _id: string, whose: string }[] }

export const modelApi = {
  tasks: makeFunctionReference<'query', { topic: string }, Answer>('tasks:list'),
  /** Asked by views that require a person only. */
  secret: makeFunctionReference<'query', { topic: string }, Answer>('tasks:secret'),
  page: makeFunctionReference<'query', any, any>('tasks:page'),
  add: makeFunctionReference<'mutation', { topic: string, id: number }, string>('tasks:add'),
}

/** Functions that tell as whom they run, over a small database. */
export class ModelBackend {
  readonly deployment = new ScriptedDeployment()
  /** How many tasks everybody has under a topic. */
  readonly #counts = new Map<string, number>()
  readonly failing = new Set<string>()
  /** As whom each mutation was carried out. */
  readonly additions: { id: number, whose: string }[] = []
  /** How many of the next tokens are refused. */
  refusals = 0
  refused = 0

  constructor(latencyMs: number) {
    const { deployment } = this
    deployment.latencyMs = latencyMs
    deployment.isPinging = true
    deployment.accepts = () => {
      if (this.refusals === 0)
        return true
      this.refusals--
      this.refused++
      return false
    }
    deployment.functions.set('tasks:list', ({ topic }, subject) => this.answer(topic, whoseOf(subject)) as unknown as Value)
    deployment.functions.set('tasks:secret', ({ topic }, subject) => this.answer(topic, whoseOf(subject)) as unknown as Value)
    deployment.functions.set('tasks:page', ({ topic }, subject) => ({ page: this.answer(topic, whoseOf(subject)).rows, isDone: true, continueCursor: 'end', splitCursor: null, pageStatus: null }))
    deployment.functions.set('tasks:add', ({ topic, id }, subject) => {
      const whose = whoseOf(subject)
      this.additions.push({ id, whose })
      this.change(topic, whose)
      return whose
    })
  }

  change(topic: string, whose: string): void {
    const key = `${topic} of ${whose}`
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
  }

  /** What the server answers at this moment. An error says whose it is as well. */
  answer(topic: string, whose: string): Answer {
    if (this.failing.has(topic))
      throw new Error(`${whose}'s ${topic} failed`)
    const count = this.#counts.get(`${topic} of ${whose}`) ?? 0
    return { whose, topic, count, rows: Array.from({ length: 1 + count % 3 }, (_, row) => ({ _id: `${whose} ${topic} ${row}`, whose })) }
  }
}

function whoseOf(subject: string | null): string {
  return subject ?? 'nobody'
}
