/** Measures the reads, writes and scheduled calls of one function, and enforces Convex's limits. */
import type { SizedDocument } from './document-sizes.ts'
import { Buffer } from 'node:buffer'
import { DeveloperError } from './developer-error.ts'
import { DocumentSizes } from './document-sizes.ts'
import { formatBytes } from './format-bytes.ts'

/**
 * The effect of a limit: `enforce` lets the function fail as on Convex, `warn` writes the same
 * message to the log once, `false` does neither.
 */
export type LimitsMode = 'enforce' | 'warn' | false

/** The error for an exceeded limit of Convex. */
export class LimitError extends DeveloperError {}

const MIB = 2 ** 20
/** A function that uses more than this share of a limit causes a warning. */
export const WARNING_SHARE = 0.8

/** The limits for one function, together with all functions that it runs in its transaction. */
export const FUNCTION_LIMITS = {
  documentsRead: 32_000,
  bytesRead: 16 * MIB,
  rangesRead: 4096,
  documentsWritten: 16_000,
  bytesWritten: 16 * MIB,
  functionsScheduled: 1000,
  scheduledBytes: 16 * MIB,
  // Convex does not publish limits for files, so only the budget of a nested call limits them.
  filesWritten: Number.MAX_SAFE_INTEGER,
  fileBytesWritten: Number.MAX_SAFE_INTEGER,
  filesRead: Number.MAX_SAFE_INTEGER,
  fileBytesRead: Number.MAX_SAFE_INTEGER,
}

type Metered = keyof typeof FUNCTION_LIMITS
const METERED = Object.keys(FUNCTION_LIMITS) as Metered[]

/**
 * The amounts that a nested call may use, by the names of `getTransactionMetrics()`. A limit that
 * is missing is the same as that of its caller.
 */
export type Budget = Partial<Record<string, number>>

interface LimitWords {
  code: string
  error: string
  warning: string
  /** The unit of the figures in the warning. */
  unit?: string
  hint?: string
  printLimit?: (limit: number) => string
}

const READ_LESS = 'Consider smaller limits in queries, pagination, or an index with a narrow range.'
const IN_FUNCTION = 'in a single function execution'
const inBytes = (limit: number): string => `${limit} bytes`

const WORDS: Record<Metered, LimitWords> = {
  documentsRead: {
    code: 'TooManyDocumentsRead',
    error: `Too many documents read ${IN_FUNCTION}`,
    warning: `Many documents read ${IN_FUNCTION}`,
    hint: READ_LESS,
  },
  bytesRead: {
    code: 'TooManyBytesRead',
    error: `Too many bytes read ${IN_FUNCTION}`,
    warning: `Many bytes read ${IN_FUNCTION}`,
    unit: ' bytes',
    hint: READ_LESS,
    printLimit: inBytes,
  },
  rangesRead: {
    code: 'TooManyReads',
    error: `Too many reads ${IN_FUNCTION}`,
    warning: `Many reads ${IN_FUNCTION}`,
    hint: READ_LESS,
  },
  documentsWritten: {
    code: 'TooManyWrites',
    error: `Too many writes ${IN_FUNCTION}`,
    warning: `Many writes ${IN_FUNCTION}`,
  },
  bytesWritten: {
    code: 'TooManyBytesWritten',
    error: `Too many bytes written ${IN_FUNCTION}`,
    warning: `Many bytes written ${IN_FUNCTION}`,
    unit: ' bytes',
    printLimit: formatBytes,
  },
  functionsScheduled: {
    code: 'TooManyFunctionsScheduled',
    error: 'Too many functions scheduled by this mutation',
    warning: 'Many functions scheduled by this mutation',
  },
  scheduledBytes: {
    code: 'ScheduledFunctionsArgumentsTooLarge',
    error: 'Too large total size of the arguments of scheduled functions from this mutation',
    warning: 'Large total size of the arguments of scheduled functions from this mutation',
    unit: ' bytes',
    printLimit: inBytes,
  },
  filesWritten: {
    code: 'TooManyFilesWritten',
    error: `Too many files written ${IN_FUNCTION}`,
    warning: `Many files written ${IN_FUNCTION}`,
  },
  fileBytesWritten: {
    code: 'TooManyFileBytesWritten',
    error: `Too many bytes of files written ${IN_FUNCTION}`,
    warning: `Many bytes of files written ${IN_FUNCTION}`,
    unit: ' bytes',
    printLimit: inBytes,
  },
  filesRead: {
    code: 'TooManyFilesRead',
    error: `Too many files read ${IN_FUNCTION}`,
    warning: `Many files read ${IN_FUNCTION}`,
  },
  fileBytesRead: {
    code: 'TooManyFileBytesRead',
    error: `Too many bytes of files read ${IN_FUNCTION}`,
    warning: `Many bytes of files read ${IN_FUNCTION}`,
    unit: ' bytes',
    printLimit: inBytes,
  },
}

/** The names of the limits in `getTransactionMetrics()`. */
const METRICS: Record<string, Metered> = {
  bytesRead: 'bytesRead',
  bytesWritten: 'bytesWritten',
  databaseQueries: 'rangesRead',
  documentsRead: 'documentsRead',
  documentsWritten: 'documentsWritten',
  functionsScheduled: 'functionsScheduled',
  scheduledFunctionArgsBytes: 'scheduledBytes',
  filesWritten: 'filesWritten',
  fileWriteBytes: 'fileBytesWritten',
  filesRead: 'filesRead',
  fileReadBytes: 'fileBytesRead',
}

/** Applies the mode of the limits to one function. */
export class LimitPolicy {
  readonly #mode: LimitsMode
  readonly #warn: (message: string) => void
  /** The warnings that the function has caused. Each is written once. */
  readonly #warned = new Set<string>()

  constructor(mode: LimitsMode, warn: (message: string) => void) {
    this.#mode = mode
    this.#warn = warn
  }

  /** Reports that a limit is exceeded. Throws if the mode is `enforce`. */
  exceeded(code: string, message: string): void {
    if (this.#mode === 'enforce')
      throw new LimitError(code, message)
    this.warn(message)
  }

  warn(message: string): void {
    if (this.#mode === false || this.#warned.has(message))
      return
    this.#warned.add(message)
    this.#warn(message)
  }
}

/**
 * Measures one transaction. Reads and writes of a nested call also count for its caller, even if
 * the call is rolled back.
 */
export class Meter {
  readonly #policy: LimitPolicy
  readonly #used = new Map<Metered, number>()
  readonly #ranges = new Set<string>()
  readonly #bytesRead = new DocumentSizes()
  /** The limits of the call that runs now. */
  #limits = FUNCTION_LIMITS

  constructor(policy: LimitPolicy) {
    this.#policy = policy
  }

  readDocument(document: SizedDocument): void {
    this.#use('documentsRead', 1)
    this.#bytesRead.add(document)
    if (this.#bytesRead.exceed(this.#limits.bytesRead))
      this.#exceed('bytesRead')
  }

  /** Counts a range that was read. A range that is read several times counts once. */
  readRange(index: number | string, start: Uint8Array): void {
    const key = `${index}:${Buffer.from(start).toString('latin1')}`
    if (this.#ranges.has(key))
      return
    this.#ranges.add(key)
    this.#use('rangesRead', 1)
  }

  writeDocument(bytes: number): void {
    this.#use('documentsWritten', 1)
    this.#use('bytesWritten', bytes)
  }

  writeFile(bytes: number): void {
    this.#use('filesWritten', 1)
    this.#use('fileBytesWritten', bytes)
  }

  readFile(bytes: number): void {
    this.#use('filesRead', 1)
    this.#use('fileBytesRead', bytes)
  }

  schedule(argumentBytes: number): void {
    this.#use('functionsScheduled', 1)
    this.#use('scheduledBytes', argumentBytes)
  }

  /**
   * Runs a nested call with a budget. What the transaction has used before the call does not count
   * for the budget. A budget can only lower the limits of the caller.
   */
  async withBudget<Result>(budget: Budget, call: () => Promise<Result>): Promise<Result> {
    const limits = this.#limits
    this.#limits = { ...limits }
    for (const [name, metered] of Object.entries(METRICS)) {
      const share = budget[name]
      if (share !== undefined)
        this.#limits[metered] = Math.min(limits[metered], this.#usedOf(metered) + share)
    }
    try {
      return await call()
    }
    finally {
      this.#limits = limits
    }
  }

  /** The used and the remaining amount of each limit. */
  get metrics(): Record<string, { used: number, remaining: number }> {
    return Object.fromEntries(Object.entries(METRICS).map(([name, metered]) => {
      const used = this.#usedOf(metered)
      return [name, { used, remaining: Math.max(0, this.#limits[metered] - used) }]
    }))
  }

  /** Warns of each limit that the function has nearly reached. */
  warnOfNearLimits(): void {
    for (const metered of METERED) {
      const limit = FUNCTION_LIMITS[metered]
      if (metered === 'bytesRead' && !this.#bytesRead.exceed(WARNING_SHARE * limit))
        continue
      const used = this.#usedOf(metered)
      const { warning, unit = '', hint = '' } = WORDS[metered]
      if (used > WARNING_SHARE * limit && used <= limit)
        this.#policy.warn(`${warning} (actual: ${used}${unit}, limit: ${limit}${unit}). ${hint}`.trimEnd())
    }
  }

  #use(metered: Metered, amount: number): void {
    const used = this.#usedOf(metered) + amount
    this.#used.set(metered, used)
    if (used > this.#limits[metered])
      this.#exceed(metered)
  }

  #exceed(metered: Metered): void {
    const { code, error, hint, printLimit = String } = WORDS[metered]
    const sentence = `${error} (limit: ${printLimit(this.#limits[metered])})`
    if (hint)
      this.#policy.exceeded(code, `${sentence}. ${hint}`)
    else
      this.#policy.exceeded(code, sentence)
  }

  #usedOf(metered: Metered): number {
    if (metered === 'bytesRead')
      return this.#bytesRead.sum
    return this.#used.get(metered) ?? 0
  }
}
