/** Aborts a request that takes too long. */

/** The other side did not answer in time. */
export class TimeoutError extends Error {}

/**
 * Aborts a request after `timeoutMs`; `null` sets no limit. Once `run` has resolved, the limit no
 * longer applies, so the rest of a response may take longer.
 *
 * @throws TimeoutError
 */
export async function withTimeout<Result>(
  timeoutMs: number | null,
  run: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  if (timeoutMs !== null)
    timer = setTimeout(() => controller.abort(), timeoutMs)
  try {
    return await run(controller.signal)
  }
  catch (error) {
    if (controller.signal.aborted)
      throw new TimeoutError()
    throw error
  }
  finally {
    clearTimeout(timer)
  }
}
