/** Lets `Date` and `Intl` use UTC, as on the machines of Convex. */

type DateMethod = (this: Date, ...args: any[]) => unknown

const PARTS = ['Date', 'FullYear', 'Hours', 'Milliseconds', 'Minutes', 'Month', 'Seconds']
/** A time of day without a time zone at its end. */
const WITHOUT_ZONE = /:\d{2}(?:\.\d+)?(?: ?[AP]M)?$/i
/**
 * JavaScript reads a date in ISO format as UTC, and any other date without a zone as local time.
 */
const ISO_DATE = /^[+-]?\d{4,6}(?:-\d{2}){0,2}$/
const ZONE = /(?:Z|UTC|[A-Z]{1,4}T|[+-]\d{2}:?\d{2})(?: ?\(.*\))?$/

const nativeParse = Date.parse
/**
 * If the time zone of the machine is UTC, nothing has to be replaced. The first use of `Intl` in a
 * process takes tens of milliseconds, so the zone in the text of a date is checked first.
 */
const isUtc = String(new Date(0)).endsWith('(Coordinated Universal Time)')
  || new Intl.DateTimeFormat().resolvedOptions().timeZone === 'UTC'

/**
 * Replaces the methods that depend on the time zone of the machine. Node has one time zone for the
 * whole process, so the zone cannot be set for one thread.
 */
export function installUtc(): void {
  if (isUtc)
    return
  const prototype = Date.prototype as unknown as Record<string, DateMethod>
  for (const part of PARTS) {
    define(prototype, `get${part}`, prototype[`getUTC${part}`]!)
    define(prototype, `set${part}`, prototype[`setUTC${part}`]!)
  }
  define(prototype, 'getDay', prototype.getUTCDay!)
  define(prototype, 'getTimezoneOffset', () => 0)
  define(prototype, 'toDateString', toDateString)
  define(prototype, 'toTimeString', toTimeString)
  define(prototype, 'toString', toText)
  for (const name of ['toLocaleString', 'toLocaleDateString', 'toLocaleTimeString']) {
    const method = prototype[name]!
    define(prototype, name, function (this: Date, locales, options) {
      return method.call(this, locales, { timeZone: 'UTC', ...options })
    })
  }
  const withZone = (args: any[]): any[] => [args[0], { timeZone: 'UTC', ...args[1] }]
  Intl.DateTimeFormat = new Proxy(Intl.DateTimeFormat, {
    apply: (target, _, args) => Reflect.construct(target, withZone(args)),
    construct: (target, args, newTarget) => Reflect.construct(target, withZone(args), newTarget),
  })
}

/**
 * Converts arguments of `Date` that stand for a local time, so that the native `Date` reads them as
 * UTC.
 */
export function utcArguments(args: unknown[]): unknown[] {
  if (isUtc)
    return args
  const [first] = args
  if (args.length > 1)
    return [Date.UTC(...args as [number, number])]
  if (typeof first === 'string')
    return [parseUtc(first)]
  return args
}

/** Parses a date like `Date.parse`, but reads a date without a time zone as UTC. */
export function parseUtc(text: string): number {
  if (isUtc)
    return nativeParse(text)
  const trimmed = text.trim()
  if (ISO_DATE.test(trimmed) || (ZONE.test(trimmed) && !WITHOUT_ZONE.test(trimmed)))
    return nativeParse(trimmed)
  const parsed = nativeParse(/\dT\d/.test(trimmed) ? `${trimmed}Z` : `${trimmed} UTC`)
  if (Number.isNaN(parsed))
    return nativeParse(trimmed)
  return parsed
}

function define(target: object, name: string, value: DateMethod): void {
  Object.defineProperty(target, name, { value, configurable: true, enumerable: false, writable: true })
}

/** `Thu Jan 01 1970`, from `Thu, 01 Jan 1970 00:00:00 GMT`. */
function toDateString(this: Date): string {
  const [weekday, day, month, year] = this.toUTCString().replace(',', '').split(' ')
  if (Number.isNaN(this.getTime()))
    return 'Invalid Date'
  return [weekday, month, day, year].join(' ')
}

function toTimeString(this: Date): string {
  const time = this.toUTCString().split(' ')[4]
  if (Number.isNaN(this.getTime()))
    return 'Invalid Date'
  return `${time} GMT+0000 (Coordinated Universal Time)`
}

function toText(this: Date): string {
  if (Number.isNaN(this.getTime()))
    return 'Invalid Date'
  return `${this.toDateString()} ${this.toTimeString()}`
}
