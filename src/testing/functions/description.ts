/** The functions, schemas, crons and routes in the modules of an app and its components. */
import type { FunctionKind, RuntimeKind } from './kinds.ts'

/** A function that clients or other functions may call. */
export interface DescribedFunction {
  /** For example `messages:send` or `admin/users:list`. */
  name: string
  module: string
  export: string
  kind: FunctionKind
  visibility: 'public' | 'internal'
  runtime: RuntimeKind
  /** The validator of the arguments, as JSON. */
  argsValidator: string
  /** The validator of the result, as JSON; `null` if the function has none. */
  returnsValidator: string | null
}

/** A route of `http.ts`. A `path` that ends with `*` matches all paths with this prefix. */
export interface DescribedRoute {
  path: string
  method: string
}

/** The app, or a component that it installs. */
export interface DescribedComponent {
  path: string
  functions: DescribedFunction[]
  /** The schema as `defineSchema` exports it, as JSON; `null` if the component has no schema. */
  schemaJson: string | null
  /** The jobs of `crons.ts`, as JSON; `null` if the component has no `crons.ts`. */
  cronsJson: string | null
  /** The routes of `http.ts`; `null` if the component has no `http.ts`. */
  routes: DescribedRoute[] | null
}

/** The default export of `auth.config`. */
export interface DescribedAuthConfig {
  json: string
  /** The environment variables that the file reads and that are not set. */
  unsetVariables: string[]
}

export interface FunctionsDescription {
  components: DescribedComponent[]
  authConfig: DescribedAuthConfig | null
}
