/** Finds the component whose `http.ts` answers a request. */
import type { ComponentSource } from '../functions/components.ts'
import type { DescribedComponent, DescribedRoute, FunctionsDescription } from '../functions/description.ts'

/**
 * A component, and the path of the request without the prefix at which the component is mounted.
 */
export interface HttpTarget {
  component: string
  routePath: string
}

/** The routes and the mounts of an app, and the request. */
interface Routing {
  routes: Map<string, DescribedRoute[] | null>
  sources: ComponentSource[]
  method: string
  pathname: string
}

/**
 * The component that answers a request, or `null` if there is none. Within a component, an exact
 * route of `http.ts` has precedence. Otherwise, the longest matching prefix decides: the prefix of
 * a route, or of a component that is mounted there.
 */
export function findHttpTarget(
  { components }: FunctionsDescription,
  sources: ComponentSource[],
  method: string,
  pathname: string,
): HttpTarget | null {
  const routes = new Map(components.map(({ path, routes }: DescribedComponent) => [path, routes]))
  const answering = method === 'HEAD' ? 'GET' : method
  return findIn({ routes, sources, method: answering, pathname }, '', pathname)
}

function findIn(routing: Routing, component: string, routedPath: string): HttpTarget | null {
  const { sources, method, pathname } = routing
  const routes = routing.routes.get(component) ?? null
  const mounts = sources.filter(({ path, httpPrefix }) =>
    isChild(component, path) && httpPrefix !== null && pathname.startsWith(httpPrefix))
  // The prefix of the app applies to its own routes only, and not to the components that it mounts.
  const ownPath = component === '' ? withoutPrefix(pathname, sources[0]!.httpPrefix) : routedPath
  const own = routes !== null && ownPath !== null ? { component, routePath: ownPath } : null
  const ownRoutes = own ? routes!.filter(route => route.method === method) : []
  if (own && ownRoutes.some(({ path }) => path === own.routePath))
    return own
  const [mount] = mounts.sort((one, other) => other.httpPrefix!.length - one.httpPrefix!.length)
  if (!mount)
    return own
  const mountedPath = withoutPrefix(pathname, mount.httpPrefix)!
  const prefixes = ownRoutes.filter(({ path }) => path.endsWith('*') && own!.routePath.startsWith(path.slice(0, -1)))
  const ownRest = Math.min(...prefixes.map(({ path }) => own!.routePath.length - path.length + 1))
  if (ownRest < mountedPath.length - 1)
    return own
  return findIn(routing, mount.path, mountedPath)
}

function isChild(parent: string, path: string): boolean {
  return path !== '' && path.slice(0, Math.max(path.lastIndexOf('/'), 0)) === parent
}

/** `null` if the path does not begin with the prefix. */
function withoutPrefix(path: string, prefix: string | null): string | null {
  if (prefix === null)
    return path
  const mount = prefix.replace(/\/?$/, '/')
  if (path.startsWith(mount))
    return `/${path.slice(mount.length)}`
  return null
}
