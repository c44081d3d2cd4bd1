/** `Response` as functions see it: Convex accepts a body even with a status that forbids bodies. */

/** Responses with these statuses are sent without their bodies. */
const STATUSES_WITHOUT_BODY = new Set([204, 205, 304])

export function installResponse(): void {
  globalThis.Response = new Proxy(Response, {
    construct: (target, [body, init]: ConstructorParameters<typeof Response>, newTarget) => {
      const sentBody = STATUSES_WITHOUT_BODY.has(init?.status ?? 200) ? null : body
      return Reflect.construct(target, [sentBody, init], newTarget)
    },
  })
}
