/** Aborts a request that takes too long. */

/** The error if the other side did not answer in time. */
export class TimeoutError extends Error {}

/**
 * Aborts a request after `timeoutMs`; `null` sets no limit. Once `run` has resolved, the limit no
 * longer applies, so the rest of a response may take longer. A request that ignores the signal is
 * abandoned.
 *
 * @throws TimeoutError
 */
export async function withTimeout<Result>(
  timeoutMs: number | null,
  run: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController()
  if (timeoutMs === null)
    return await run(controller.signal)
  let timer: ReturnType<typeof setTimeout> | undefined
  const timedOut = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new TimeoutError())
      controller.abort()
    }, timeoutMs)
  })
  try {
    return await Promise.race([run(controller.signal), timedOut])
  }
  finally {
    clearTimeout(timer)
  }
}
