/** Runs the jobs of `crons.ts`. */
import { clock } from './clock.ts'

/** A job as `cronJobs()` describes it. */
interface CronJob {
  name: string
  args: unknown
  schedule: Schedule
}

type Schedule
  = | { type: 'interval', seconds?: number, minutes?: number, hours?: number }
    | { type: 'hourly', minuteUTC?: number }
    | { type: 'daily', hourUTC: number, minuteUTC?: number }
    | { type: 'weekly', dayOfWeek: string, hourUTC: number, minuteUTC?: number }
    | { type: 'monthly', day: number, hourUTC: number, minuteUTC?: number }
    | { type: 'cron', cron: string }

const MINUTE = 60_000
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
/** The longest time between two runs, for a schedule on the 29th of February. */
const LONGEST_WAIT_MINUTES = 4 * 366 * 24 * 60

/** Runs the jobs of `crons.ts` on the deployment's clock. */
export class CronRunner {
  readonly #run: (name: string, args: unknown) => Promise<void>
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>()

  constructor(run: (name: string, args: unknown) => Promise<void>) {
    this.#run = run
  }

  /**
   * Replaces the running jobs with the jobs of a `crons` module; `undefined` stands for no jobs.
   */
  start(crons: unknown): void {
    this.stop()
    const jobs = (crons as { crons: Record<string, CronJob> } | undefined)?.crons ?? {}
    for (const [identifier, job] of Object.entries(jobs))
      this.#schedule(identifier, job)
  }

  stop(): void {
    this.#timers.forEach(timer => clearTimeout(timer))
    this.#timers.clear()
  }

  #schedule(identifier: string, job: CronJob): void {
    const onTime = (): void => {
      this.#schedule(identifier, job)
      void this.#run(job.name, job.args)
    }
    this.#timers.set(identifier, setTimeout(onTime, nextRun(job.schedule, clock.now()) - clock.now()))
  }
}

/** The time at which a schedule is due next, in ms since 1970. */
export function nextRun(schedule: Schedule, after: number): number {
  if (schedule.type === 'interval')
    return after + ((schedule.hours ?? 0) * 60 * MINUTE + (schedule.minutes ?? 0) * MINUTE + (schedule.seconds ?? 0) * 1000)
  const fields = parseCron(toCron(schedule))
  let minute = Math.floor(after / MINUTE) + 1
  for (const last = minute + LONGEST_WAIT_MINUTES; minute < last; minute++) {
    const date = new Date(minute * MINUTE)
    if (!fields.isDay(date))
      minute += 24 * 60 - 1 - (date.getUTCHours() * 60 + date.getUTCMinutes())
    else if (fields.hours.has(date.getUTCHours()) && fields.minutes.has(date.getUTCMinutes()))
      return minute * MINUTE
  }
  return minute * MINUTE
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

function parseCron(cron: string): { minutes: Set<number>, hours: Set<number>, isDay: (date: Date) => boolean } {
  const [minute = '*', hour = '*', day = '*', month = '*', weekday = '*'] = cron.trim().split(/\s+/)
  const days = parseField(day, 1, 31)
  const months = parseField(month, 1, 12, MONTHS.map((name, index) => [name, index + 1]))
  const weekdays = parseField(weekday, 0, 7, DAYS.map((name, index) => [name.slice(0, 3), index]))
  return {
    minutes: parseField(minute, 0, 59),
    hours: parseField(hour, 0, 23),
    isDay: (date) => {
      const isDayOfMonth = days.has(date.getUTCDate())
      const isDayOfWeek = weekdays.has(date.getUTCDay()) || (date.getUTCDay() === 0 && weekdays.has(7))
      // As in every cron: if both kinds of day are given, one match is enough.
      const isDay = day !== '*' && weekday !== '*' ? isDayOfMonth || isDayOfWeek : isDayOfMonth && isDayOfWeek
      return isDay && months.has(date.getUTCMonth() + 1)
    },
  }
}

/** Parses a star, a number, a range or a name, each with an optional step, and lists of these. */
function parseField(field: string, first: number, last: number, names: [string, number][] = []): Set<number> {
  const named = names.reduce((text, [name, value]) => text.replaceAll(name, String(value)), field.toLowerCase())
  return new Set(named.split(',').flatMap((part) => {
    const [range = '*', step] = part.split('/')
    const bounds = range === '*' ? [first, last] : range.split('-').map(Number)
    const from = bounds[0] ?? first
    const to = bounds[1] ?? (step === undefined ? from : last)
    const by = Number(step ?? 1)
    return Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, index) => from + index * by)
  }))
}
