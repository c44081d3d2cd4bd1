/** Adds routes to a router of Convex or of Hono, whose methods show which one it is. */
import { httpActionGeneric } from 'convex/server'
import { setupError } from '../setup-error.ts'

/** Answers a request with the context of an HTTP action. */
export type RouteHandler = (ctx: any, request: Request) => Promise<Response>

/** `httpRouter()` of `convex/server`, and `HttpRouterWithHono` of `convex-helpers`. */
export interface ConvexRouter {
  route: (route: any) => void
  lookup: (path: string, method: any) => unknown
}

/** A Hono app whose bindings are the context of an HTTP action, as in `convex-helpers`. */
export interface HonoRouter {
  on: (methods: any, paths: any, ...handlers: any[]) => unknown
  routes: { path: string, method: string }[]
}

/** The methods that add routes to a router of either kind. */
export interface AuthRouter {
  /** Adds a route for all paths below `basePath`. */
  addPrefix: (methods: readonly string[], basePath: string, handler: RouteHandler) => void
  /** Adds a route for `GET` requests of this path, unless the router has one. */
  addPath: (path: string, handler: RouteHandler) => void
  /** Adds a route for `POST` requests of exactly this path. */
  addPost: (path: string, handler: RouteHandler) => void
}

/**
 * @param http The router.
 * @param caller The function that has received the router, for the message of an error.
 * @throws {ConvueError} `CONVEX_OPTION_INVALID` if `http` is not a router.
 */
export function authRouter(http: ConvexRouter | HonoRouter, caller: string): AuthRouter {
  if (typeof (http as ConvexRouter)?.lookup === 'function')
    return convexRouter(http as ConvexRouter)
  if (typeof (http as HonoRouter)?.on === 'function')
    return honoRouter(http as HonoRouter)
  throw setupError('CONVEX_OPTION_INVALID', `\`http\` of \`${caller}\` is neither \`httpRouter()\` nor a Hono app`)
}

function convexRouter(http: ConvexRouter): AuthRouter {
  return {
    addPrefix(methods, basePath, handler) {
      for (const method of methods)
        http.route({ pathPrefix: `${basePath}/`, method, handler: httpActionGeneric(handler) })
    },
    addPath(path, handler) {
      if (!http.lookup(path, 'GET'))
        http.route({ path, method: 'GET', handler: httpActionGeneric(handler) })
    },
    addPost: (path, handler) => http.route({ path, method: 'POST', handler: httpActionGeneric(handler) }),
  }
}

interface HonoContext { env: unknown, req: { raw: Request } }

function honoRouter(app: HonoRouter): AuthRouter {
  const add = (methods: readonly string[], path: string, handler: RouteHandler): void => {
    app.on([...methods], path, async ({ env, req }: HonoContext) => await handler(env, req.raw))
  }
  return {
    addPrefix: (methods, basePath, handler) => add(methods, `${basePath}/*`, handler),
    addPath(path, handler) {
      if (!app.routes.some(route => route.path === path))
        add(['GET'], path, handler)
    },
    addPost: (path, handler) => add(['POST'], path, handler),
  }
}
