/** Runs the functions of scheduled jobs and of crons. */
import type { JSONValue } from 'convex/values'
import type { CallReports } from './call-reports.ts'
import type { Outcome } from './call.ts'
import type { CronJob } from './crons.ts'
import type { FunctionPath } from './function-path.ts'
import type { FunctionRunner } from './function-runner.ts'
import type { CatalogFunction, FunctionKind } from './functions-catalog.ts'
import type { JobSteps, ScheduledJob } from './scheduler.ts'
import { CallArgs } from './call-args.ts'
import { RefusedCall } from './failure.ts'
import { parseFunctionName, printFunctionName } from './function-path.ts'
import { describeMissing } from './functions-catalog.ts'
import { newOrigin } from './origin.ts'

/** Runs functions that have neither a caller nor an identity. */
export class JobRuns {
  readonly #runner: FunctionRunner
  readonly #reports: CallReports

  constructor(runner: FunctionRunner, reports: CallReports) {
    this.#runner = runner
    this.#reports = reports
  }

  /** Returns `null` if the first step has refused the run. */
  async runMutation(
    path: FunctionPath,
    args: JSONValue,
    job: ScheduledJob,
    steps: JobSteps,
  ): Promise<Outcome | null> {
    return await this.#reports.count(async (startedAt) => {
      let isRefused = false
      const outcome = await this.#reports.settle(async (logLines) => {
        const origin = { ...newOrigin(null), job }
        const committed = await this.#runner.runMutation(
          this.#require(path),
          new CallArgs(args),
          origin,
          logLines,
          steps,
        )
        isRefused = committed === null
        return committed?.json ?? 'null'
      })
      if (isRefused)
        return null
      this.#logJob('mutation', path, args, outcome, startedAt)
      return outcome
    })
  }

  async runAction(path: FunctionPath, args: JSONValue, job: ScheduledJob | null): Promise<Outcome> {
    return await this.#reports.count(async (startedAt) => {
      const origin = { ...newOrigin(null), job }
      const outcome = await this.#reports.settle(logLines =>
        this.#runner.runAction(this.#require(path), new CallArgs(args), origin, logLines))
      this.#logJob('action', path, args, outcome, startedAt)
      return outcome
    })
  }

  async runCron(component: string, { name, args: [args = {}] }: CronJob): Promise<Outcome> {
    const path = parseFunctionName(component, name)
    const isMutation = this.#runner.catalog.lookup(path)?.kind === 'mutation'
    const outcome = isMutation
      ? await this.#runMutationOfCron(path, args)
      : await this.runAction(path, args, null)
    if (outcome.status === 'error')
      console.error(`The cron job ${name} failed:`, outcome.message)
    return outcome
  }

  async #runMutationOfCron(path: FunctionPath, args: JSONValue): Promise<Outcome> {
    return await this.#reports.count(async (startedAt) => {
      const outcome = await this.#reports.settle(async logLines =>
        (await this.#runner.runMutation(this.#require(path), new CallArgs(args), newOrigin(null), logLines))!.json)
      this.#logJob('mutation', path, args, outcome, startedAt)
      return outcome
    })
  }

  #require(path: FunctionPath): CatalogFunction {
    const found = this.#runner.catalog.lookup(path)
    if (!found)
      throw new RefusedCall(describeMissing(path))
    return found
  }

  #logJob(kind: FunctionKind, path: FunctionPath, args: JSONValue, outcome: Outcome, startedAt: number): void {
    const name = printFunctionName(path)
    this.#reports.log(kind, { name, args, identity: null, connection: null }, outcome, startedAt)
  }
}
