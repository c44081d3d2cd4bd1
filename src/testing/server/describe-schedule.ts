/** Describes the schedules of cron jobs in words. */
import type { Schedule } from '../runtime/crons.ts'

/** The schedule as a text such as `daily at 09:30 UTC`, or the cron string with its time zone. */
export function describeSchedule(schedule: Schedule): string {
  switch (schedule.type) {
    case 'interval':
      return `every ${describeInterval(schedule)}`
    case 'hourly':
      return `hourly at minute ${schedule.minuteUTC ?? 0}`
    case 'daily':
      return `daily at ${time(schedule)}`
    case 'weekly':
      return `weekly on ${schedule.dayOfWeek} at ${time(schedule)}`
    case 'monthly':
      return `monthly on day ${schedule.day} at ${time(schedule)}`
    case 'cron':
      return `${schedule.cron} UTC`
    default:
      return schedule satisfies never
  }
}

/** An interval has exactly one of the units. */
function describeInterval({ hours, minutes, seconds = 0 }: Extract<Schedule, { type: 'interval' }>): string {
  if (hours !== undefined)
    return count(hours, 'hour')
  if (minutes !== undefined)
    return count(minutes, 'minute')
  return count(seconds, 'second')
}

function count(amount: number, unit: string): string {
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`
}

function time({ hourUTC, minuteUTC = 0 }: { hourUTC: number, minuteUTC?: number }): string {
  return `${String(hourUTC).padStart(2, '0')}:${String(minuteUTC).padStart(2, '0')} UTC`
}
