import { onTestFinished } from 'vitest'

interface LockRequest { name: string, start: () => void }

/** Replaces `navigator.locks` by exclusive locks that are granted in the order of the requests. */
export function stubLocks(): { readonly held: string[], readonly waiting: string[] } {
  const held = new Set<string>()
  let waiting: LockRequest[] = []

  function request(name: string, { signal }: { signal?: AbortSignal }, callback: () => unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const own: LockRequest = {
        name,
        start() {
          held.add(name)
          void Promise.resolve(callback()).then(resolve, reject).finally(() => {
            held.delete(name)
            grant()
          })
        },
      }
      signal?.addEventListener('abort', () => {
        if (!waiting.includes(own))
          return
        waiting = waiting.filter(request => request !== own)
        reject(signal!.reason)
      })
      waiting.push(own)
      queueMicrotask(grant)
    })
  }

  function grant(): void {
    for (const next of waiting.filter(({ name }, index, all) => all.findIndex(other => other.name === name) === index)) {
      if (held.has(next.name))
        continue
      waiting = waiting.filter(request => request !== next)
      next.start()
    }
  }

  Object.defineProperty(navigator, 'locks', { value: { request }, configurable: true })
  onTestFinished(() => void Reflect.deleteProperty(navigator, 'locks'))
  return {
    get held() {
      return [...held]
    },
    get waiting() {
      return waiting.map(({ name }) => name)
    },
  }
}
