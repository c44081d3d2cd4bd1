/** The other side took too long. */
export class TimeoutError extends Error {}

/**
 * Gives a request up after `timeoutMs`, `null` for never. Its signal stays as it is once `run` has resolved, so that what is left of an answer may
 * take longer.
 *
 * @throws TimeoutError
 */
export async function withTimeout<Result>(timeoutMs: number | null, run: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController()
  const timer = timeoutMs === null ? undefined : setTimeout(() => controller.abort(), timeoutMs)
  try {
    return await run(controller.signal)
  }
  catch (error) {
    throw controller.signal.aborted ? new TimeoutError() : error
  }
  finally {
    clearTimeout(timer)
  }
}
