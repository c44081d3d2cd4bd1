/** `console` as functions see it: each line is reported with the call that has written it. */
import type { ThreadClock } from './call-clock.ts'
import type { CallFrame } from './call-frame.ts'
import type { LogLine } from './messages.ts'
import { currentFrame } from './call-frame.ts'
import { inspect } from './inspect.ts'

/** Convex truncates longer lines. */
const LONGEST_LINE = 32768
/** Convex keeps at most this number of lines of one call. */
const MOST_LINES = 256
/** The last of these lines, if the call writes more. */
const LINES_OMITTED = `Log overflow (maximum ${MOST_LINES}). Remaining log lines omitted.`

type Level = LogLine['level']
type Send = (frame: CallFrame, line: LogLine) => void

/** Creates a `console` with the methods that Convex's runtime has. */
export function createConsole(clock: ThreadClock, send: Send): object {
  const counts = new WeakMap<CallFrame, number>()
  const write = (level: Level, messages: string[]): void => {
    const frame = currentFrame()
    if (frame === undefined)
      return
    const count = (counts.get(frame) ?? 0) + 1
    counts.set(frame, count)
    if (count < MOST_LINES)
      send(frame, { level, text: writeLine(level, messages), timestamp: clock.now() })
    else if (count === MOST_LINES)
      send(frame, { level: 'ERROR', text: writeLine('ERROR', [LINES_OMITTED]), timestamp: clock.now() })
  }
  const writer = (level: Level) => (...args: unknown[]): void => write(level, args.map(inspect))

  const methods = {
    debug: writer('DEBUG'),
    error: writer('ERROR'),
    info: writer('INFO'),
    log: writer('LOG'),
    warn: writer('WARN'),
    trace: (...args: unknown[]) => {
      const stack = new Error('trace').stack?.split('\n').slice(2).join('\n') ?? ''
      write('LOG', [...args.map(inspect), stack])
    },
    time: (label: unknown = 'default') => {
      const frame = currentFrame()
      if (frame?.consoleTimers.has(String(label)))
        write('WARN', [`Timer '${String(label)}' already exists`])
      else
        frame?.consoleTimers.set(String(label), clock.now())
    },
    timeLog: (label: unknown = 'default', ...args: unknown[]) => writeElapsed(String(label), args),
    timeEnd: (label: unknown = 'default') => {
      writeElapsed(String(label), [])
      currentFrame()?.consoleTimers.delete(String(label))
    },
  }

  function writeElapsed(label: string, args: unknown[]): void {
    const start = currentFrame()?.consoleTimers.get(label)
    if (start === undefined)
      write('WARN', [`Timer '${label}' does not exist`])
    else
      write('INFO', [`${label}: ${clock.now() - start}ms`, ...args.map(inspect)])
  }

  return Object.assign(Object.create({}), methods, { [Symbol.toStringTag]: 'console' })
}

function writeLine(level: Level, messages: string[]): string {
  const text = messages.join(' ')
  if (text.length > LONGEST_LINE)
    return `[${level}] ${text.slice(0, LONGEST_LINE)} (truncated due to length)`
  return `[${level}] ${text}`
}
