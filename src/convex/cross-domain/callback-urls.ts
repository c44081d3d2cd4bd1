/** The addresses to which Better Auth redirects after a sign-in: in the app, not the deployment. */

/** The fields of requests that name an address to redirect to. */
const FIELDS = ['callbackURL', 'newUserCallbackURL', 'errorCallbackURL', 'redirectTo']

/** The parameter of a callback URL that identifies the browser which has started the sign-in. */
const FLOW = 'cross_domain_flow'

/**
 * Makes the relative addresses in a body or a query absolute, below the address of the app. An
 * address that would lead to another origin, such as `//evil.example`, remains as it is, so that
 * Better Auth's own check sees it.
 */
export function resolveCallbackUrls<Fields extends object>(fields: Fields, siteUrl: string): Fields {
  const resolved = FIELDS.flatMap((name) => {
    const url = resolve((fields as Record<string, unknown>)[name], siteUrl)
    return url ? [[name, url]] : []
  })
  return { ...fields, ...Object.fromEntries(resolved) }
}

function resolve(value: unknown, siteUrl: string): string | null {
  if (typeof value !== 'string' || !value.startsWith('/'))
    return null
  const url = new URL(value, siteUrl)
  return url.origin === new URL(siteUrl).origin ? url.href : null
}

/** Adds the parameter for the browser to the addresses of a successful sign-in. */
export function addFlow<Fields extends object>(fields: Fields, flow: string): Fields {
  const added = ['callbackURL', 'newUserCallbackURL'].flatMap((name) => {
    const value = (fields as Record<string, unknown>)[name]
    // Better Auth refuses other values.
    if (typeof value !== 'string' || !URL.canParse(value))
      return []
    const url = new URL(value)
    url.searchParams.set(FLOW, flow)
    return [[name, url.href]]
  })
  return { ...fields, ...Object.fromEntries(added) }
}

/** Removes the parameter for the browser from a redirect address, and returns its value. */
export function takeFlow(url: URL): string | null {
  const flow = url.searchParams.get(FLOW)
  url.searchParams.delete(FLOW)
  return flow
}
