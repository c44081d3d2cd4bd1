/** Runs the jobs of `crons.ts`. */
import type { JSONValue } from 'convex/values'
import type { Outcome } from './call.ts'
import type { Data } from './data.ts'
import { clock } from './clock.ts'

/** A job as `cronJobs()` describes it. */
export interface CronJob {
  name: string
  /** A list that contains the arguments. */
  args: JSONValue[]
  schedule: Schedule
}

export type Schedule
  = | { type: 'interval', seconds?: number, minutes?: number, hours?: number }
    | { type: 'hourly', minuteUTC?: number }
    | { type: 'daily', hourUTC: number, minuteUTC?: number }
    | { type: 'weekly', dayOfWeek: string, hourUTC: number, minuteUTC?: number }
    | { type: 'monthly', day: number, hourUTC: number, minuteUTC?: number }
    | { type: 'cron', cron: string }

export const CRON_JOBS = '_cron_jobs'
const MINUTE = 60_000
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
/** The longest time between two runs, for a schedule on the 29th of February. */
const LONGEST_WAIT_MINUTES = 4 * 366 * 24 * 60

/** The jobs of a component, by name. */
export type CronJobs = Record<string, CronJob>

/** Runs one job of a component. */
export type RunCron = (component: string, job: CronJob) => Promise<Outcome>

/** The last run of a job that has ended. */
interface CronRun {
  /** The start of the run, in ms since 1970. */
  time: number
  status: Outcome['status']
}

/** A document of `_cron_jobs`. */
export interface StoredCron {
  name: string
  /** The schedule, the function and its arguments, as JSON. */
  spec: string
  nextTime: number
  /** Missing until the job with this `spec` has run. */
  lastRun?: CronRun
}

/**
 * Runs the jobs of a deployment by its clock. The table `_cron_jobs` contains the time of each
 * job's next run, and its last run.
 */
export class CronRunner {
  readonly #data: Data
  readonly #run: RunCron
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>()
  /** The jobs that run now, by component and name. A job does not overlap itself. */
  readonly #running = new Set<string>()
  #isStopped = false

  constructor(data: Data, run: RunCron) {
    this.#data = data
    this.#run = run
  }

  /** Returns whether no job runs. */
  get isIdle(): boolean {
    return this.#running.size === 0
  }

  /**
   * Replaces the jobs of all components. A job that has not changed keeps its next time, and a new
   * job with an interval runs at once.
   */
  deploy(components: Map<string, CronJobs>): void {
    this.#clearTimers()
    this.#data.transact((transaction) => {
      for (const [component, jobs] of components) {
        const stored = new Map([...transaction.documents(component, CRON_JOBS)].map(({ id, value }) => {
          const cron = value as unknown as StoredCron
          return [cron.name, { id, ...cron }]
        }))
        for (const [name, { id, spec }] of stored) {
          const job = jobs[name]
          if (!job || JSON.stringify(job) !== spec)
            transaction.delete(id)
        }
        for (const [name, job] of Object.entries(jobs)) {
          const spec = JSON.stringify(job)
          const known = stored.get(name)
          if (known?.spec === spec)
            continue
          const nextTime = job.schedule.type === 'interval' ? clock.now() : nextRun(job.schedule, clock.now())
          transaction.insert(component, CRON_JOBS, { name, spec, nextTime })
        }
      }
    })
    for (const component of components.keys()) {
      const stored = this.#data.transact(transaction => [...transaction.documents(component, CRON_JOBS)])
      for (const { value } of stored)
        this.#schedule(component, value as unknown as StoredCron)
    }
  }

  stop(): void {
    this.#isStopped = true
    this.#clearTimers()
  }

  #clearTimers(): void {
    this.#timers.forEach(timer => clearTimeout(timer))
    this.#timers.clear()
  }

  #schedule(component: string, { name, spec, nextTime }: StoredCron): void {
    const key = `${component}/${name}`
    if (this.#isStopped || this.#running.has(key))
      return
    const job = JSON.parse(spec) as CronJob
    const onTime = async (): Promise<void> => {
      this.#timers.delete(key)
      this.#running.add(key)
      const time = clock.now()
      const { status } = await this.#run(component, job)
      this.#running.delete(key)
      this.#reschedule(component, { name, spec, lastRun: { time, status } })
    }
    this.#timers.set(key, setTimeout(() => void onTime(), nextTime - clock.now()))
  }

  /**
   * Schedules the next run of a job after its last run. It skips the times that have passed while
   * the job was running, or while the deployment was stopped. The job may have been replaced since
   * its last run began.
   */
  #reschedule(component: string, { name, spec, lastRun }: Omit<Required<StoredCron>, 'nextTime'>): void {
    if (this.#isStopped)
      return
    const next = this.#data.transact((transaction) => {
      const found = [...transaction.documents(component, CRON_JOBS)].find(({ value }) => value.name === name)
      if (!found)
        return null
      const cron = found.value as unknown as StoredCron
      if (cron.spec !== spec)
        return cron
      const { schedule } = JSON.parse(spec) as CronJob
      const nextTime = firstRunAfterNow(schedule, cron.nextTime)
      transaction.patch(found.id, { nextTime, lastRun: { ...lastRun } })
      return { ...cron, nextTime }
    })
    if (next)
      this.#schedule(component, next)
  }
}

/** The first time after now at which a schedule is due. An interval is counted from `previous`. */
function firstRunAfterNow(schedule: Schedule, previous: number): number {
  const now = clock.now()
  if (schedule.type !== 'interval')
    return nextRun(schedule, Math.max(now, previous))
  const interval = nextRun(schedule, 0)
  return previous + Math.max(1, Math.ceil((now - previous + 1) / interval)) * interval
}

/** The time at which a schedule is due next, in ms since 1970; `Infinity` if it is never due. */
export function nextRun(schedule: Schedule, after: number): number {
  if (schedule.type === 'interval') {
    const { hours = 0, minutes = 0, seconds = 0 } = schedule
    return after + (hours * 60 + minutes) * MINUTE + seconds * 1000
  }
  const fields = parseCron(toCron(schedule))
  let minute = Math.floor(after / MINUTE) + 1
  for (const last = minute + LONGEST_WAIT_MINUTES; minute < last; minute++) {
    const date = new Date(minute * MINUTE)
    if (!fields.isDay(date))
      minute += 24 * 60 - 1 - (date.getUTCHours() * 60 + date.getUTCMinutes())
    else if (fields.hours.has(date.getUTCHours()) && fields.minutes.has(date.getUTCMinutes()))
      return minute * MINUTE
  }
  return Infinity
}

function toCron(schedule: Exclude<Schedule, { type: 'interval' }>): string {
  switch (schedule.type) {
    case 'hourly':
      return `${schedule.minuteUTC ?? 0} * * * *`
    case 'daily':
      return `${schedule.minuteUTC ?? 0} ${schedule.hourUTC} * * *`
    case 'weekly':
      return `${schedule.minuteUTC ?? 0} ${schedule.hourUTC} * * ${DAYS.indexOf(schedule.dayOfWeek)}`
    case 'monthly':
      return `${schedule.minuteUTC ?? 0} ${schedule.hourUTC} ${schedule.day} * *`
    case 'cron':
      return schedule.cron
    default:
      return schedule satisfies never
  }
}

/** @throws Error if the schedule contains a cron string that is not valid, or is never due. */
export function checkSchedule(name: string, schedule: Schedule): void {
  if (schedule.type !== 'cron')
    return
  if (!isCron(schedule.cron))
    throw new Error(`Invalid cron job "${name}": the cron string "${schedule.cron}" could not be parsed.`)
  if (nextRun(schedule, 0) === Infinity)
    throw new Error(`Invalid cron job "${name}": the cron string "${schedule.cron}" never matches any time.`)
}

/** The values that a field of a cron string can have. */
interface CronField {
  first: number
  last: number
  /** Names that can be written instead of the values. */
  names?: [name: string, value: number][]
}

const MINUTES: CronField = { first: 0, last: 59 }
const HOURS: CronField = { first: 0, last: 23 }
const DAYS_OF_MONTH: CronField = { first: 1, last: 31 }
const MONTHS_OF_YEAR: CronField = { first: 1, last: 12, names: MONTHS.map((name, index) => [name, index + 1]) }
const DAYS_OF_WEEK: CronField = { first: 0, last: 6, names: DAYS.map((name, index) => [name.slice(0, 3), index]) }

/** A star, a number or a range, each with an optional step. */
const CRON_PART = /^(?:\*|\d+(?:-\d+)?)(?:\/[1-9]\d*)?$/

function isCron(cron: string): boolean {
  const texts = cron.trim().split(/\s+/)
  const fields = [MINUTES, HOURS, DAYS_OF_MONTH, MONTHS_OF_YEAR, DAYS_OF_WEEK]
  return texts.length === fields.length && fields.every((field, index) => {
    const parts = replaceNames(texts[index]!, field).split(',')
    const values = parts.flatMap(part => part.split('/')[0]!.match(/\d+/g) ?? []).map(Number)
    const areInside = values.every(value => field.first <= value && value <= field.last)
    return areInside && parts.every(part => CRON_PART.test(part))
  })
}

function parseCron(cron: string): { minutes: Set<number>, hours: Set<number>, isDay: (date: Date) => boolean } {
  const [minute = '*', hour = '*', day = '*', month = '*', weekday = '*'] = cron.trim().split(/\s+/)
  const days = parseField(day, DAYS_OF_MONTH)
  const months = parseField(month, MONTHS_OF_YEAR)
  const weekdays = parseField(weekday, DAYS_OF_WEEK)
  return {
    minutes: parseField(minute, MINUTES),
    hours: parseField(hour, HOURS),
    isDay: (date) => {
      const isDayOfMonth = days.has(date.getUTCDate())
      const isDayOfWeek = weekdays.has(date.getUTCDay())
      if (!months.has(date.getUTCMonth() + 1))
        return false
      // As in every cron: if both kinds of day are given, one match is enough.
      if (day !== '*' && weekday !== '*')
        return isDayOfMonth || isDayOfWeek
      return isDayOfMonth && isDayOfWeek
    },
  }
}

/** Parses a star, a number, a range or a name, each with an optional step, and lists of these. */
function parseField(text: string, field: CronField): Set<number> {
  const { first, last } = field
  return new Set(replaceNames(text, field).split(',').flatMap((part) => {
    const [range = '*', step] = part.split('/')
    const bounds = range === '*' ? [first, last] : range.split('-').map(Number)
    const from = bounds[0] ?? first
    const to = bounds[1] ?? (step === undefined ? from : last)
    const by = Number(step ?? 1)
    const size = last - first + 1
    // A range may wrap from the last value to the first one, such as `fri-mon`.
    const span = (to - from + size) % size
    return Array.from({ length: Math.floor(span / by) + 1 }, (_, index) => first + (from - first + index * by) % size)
  }))
}

function replaceNames(text: string, { names = [] }: CronField): string {
  return names.reduce((replaced, [name, value]) => replaced.replaceAll(name, String(value)), text.toLowerCase())
}
