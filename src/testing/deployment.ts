/** The handle of a running deployment, and the options of `startDeployment`. */
import type { FunctionReference, FunctionReturnType, OptionalRestArgs } from 'convex/server'
import type { Identity } from './identity.ts'
import type { Connection, LogEntry } from './log.ts'

/** Options of {@link startDeployment}. */
export interface DeploymentOptions {
  /**
   * Path of the functions folder. A relative path is resolved from the working directory. @default
   * the path in `convex.json`, or './convex'
   */
  functions?: string
  /**
   * The deployment's environment variables. They are added to the variables in the file `.env` of
   * the functions folder, and take precedence over them. The deployment sets `CONVEX_CLOUD_URL` and
   * `CONVEX_SITE_URL`. If they are not set, `SITE_URL` is `siteUrl`, and `BETTER_AUTH_SECRET` is
   * random. The functions see no other variables.
   *
   * @default {}
   */
  env?: Record<string, string>
  /**
   * The app's own origin, which Better Auth uses as its base URL. @default 'http://localhost:5173'
   */
  siteUrl?: string
  /**
   * Further origins whose pages may use the deployment, such as `http://192.168.1.5:5173`.
   * `siteUrl` and the origins of this machine (`http://localhost:3000`, for example) are always
   * allowed. The host names of these origins are also `allowedHosts`. Unlike in production,
   * requests from pages of any other origin are refused before an HTTP action runs.
   *
   * @default []
   */
  allowedOrigins?: string[]
  /**
   * Further host names that a request may have in its `Host` header, such as `tunnel.example.com`
   * if a proxy forwards this name. The names of this machine and of the page are always allowed.
   * Requests with other names are refused. Otherwise, a site could resolve its own name to this
   * machine, and so reach the deployment.
   *
   * @default []
   */
  allowedHosts?: string[]
  /**
   * The folder that keeps the data, such as `./.convex-local`: documents, files, scheduled
   * functions and answered mutations. A relative path is resolved from the working directory. Only
   * one deployment can use a folder at a time. @default the data is in memory
   */
  data?: string
  /**
   * The effect of exceeding a limit of Convex. With `enforce`, the function fails with
   * Convex's error. With `warn`, a line is added to the function's log. With `false`, nothing
   * happens. With any value, code that keeps its thread for 30 seconds is ended, since all other
   * calls wait for the thread.
   *
   * @default 'enforce'
   */
  limits?: 'enforce' | 'warn' | false
  /**
   * `shared` keeps the values of module variables between calls. On Convex, each query and
   * mutation begins with new modules. `fresh` evaluates the modules of each call again, so that
   * code which depends on their state fails. Files with "use node" always share their state.
   * `shared` is faster.
   *
   * @default 'shared'
   */
  moduleState?: 'shared' | 'fresh'
  /**
   * The error details for clients. `development` shows the message and the place in the code, as a
   * development deployment of Convex does. `production` shows only "Server Error" and the data of a
   * `ConvexError`, and no lines of the console.
   *
   * @default 'development'
   */
  errors?: 'development' | 'production'
  /**
   * The key with which Convex's command line manages the deployment. The key gives access to all
   * data and all functions. @default a random key, which is saved with the data if `data` is set
   */
  adminKey?: string
  /** The port to which clients connect; with 0, any free port. @default 0 */
  port?: number
  /** The port of the HTTP actions; with 0, any free port. @default 0 */
  sitePort?: number
  /**
   * For development: writes `_generated/` as `codegen` does, and, whenever a file of the folder
   * or its `.env` changes, writes it again and reloads the functions. Files that cannot be loaded
   * are reported on stderr.
   *
   * @default false
   */
  watch?: boolean
}

/** Options of a call by a test. */
export interface CallOptions {
  /** The identity that the function runs as. @default null, anonymous */
  identity?: Identity
}

/**
 * A running deployment. Every method rejects with `DEPLOYMENT_CLOSED` once the deployment is
 * closed.
 */
export interface Deployment {
  /** The address for `ConvexClient` and `ConvexHttpClient`. */
  readonly url: string
  /** The address of the HTTP actions, which include Better Auth. */
  readonly siteUrl: string
  /** The app's own origin, from the variable `SITE_URL` or the option `siteUrl`. */
  readonly appOrigin: string
  /**
   * The key for Convex's command line, with the address `url`: `npx convex run --url … --admin-key
   * …`. It is the option `adminKey`, or a random key.
   */
  readonly adminKey: string
  /**
   * The runs of functions and the events of the sockets, oldest first: at most the last 10,000
   * entries. The log is complete after any method of the deployment, such as `settled`, has been
   * awaited. Setting `length` to 0 clears the log.
   */
  readonly log: LogEntry[]
  /**
   * The open sockets with their subscriptions. Like `log`, the list is complete after any method of
   * the deployment has been awaited.
   */
  readonly connections: Connection[]
  /** Runs a query, public or internal. Rejects with the error of the function. */
  query: <Query extends FunctionReference<'query', any>>(
    query: Query,
    ...args: [...OptionalRestArgs<Query>, options?: CallOptions]
  ) => Promise<FunctionReturnType<Query>>
  /** Runs a mutation, public or internal. Rejects with the error of the function. */
  mutation: <Mutation extends FunctionReference<'mutation', any>>(
    mutation: Mutation,
    ...args: [...OptionalRestArgs<Mutation>, options?: CallOptions]
  ) => Promise<FunctionReturnType<Mutation>>
  /** Runs an action, public or internal. Rejects with the error of the function. */
  action: <Action extends FunctionReference<'action', any>>(
    action: Action,
    ...args: [...OptionalRestArgs<Action>, options?: CallOptions]
  ) => Promise<FunctionReturnType<Action>>
  /**
   * Resolves once no function runs, no scheduled function is due, and every client has received its
   * answers. Clients in the caller's thread have then read the answers from their sockets. An
   * action that waits for a timer counts as running until the clock reaches the time of this timer.
   */
  settled: () => Promise<void>
  /**
   * Drops every socket without a close frame, as a failing network does. The clients may reconnect
   * at once.
   */
  disconnectAll: () => Promise<void>
  /**
   * Sets the deployment's clock forward by `ms`. Timers, scheduled functions, crons and pings that
   * are then due fire.
   */
  advanceClock: (ms: number) => Promise<void>
  /**
   * Stops the deployment, and starts it again on the same ports. Keeps the data and the answers to
   * mutations, and drops all sockets and running requests.
   */
  restart: () => Promise<void>
  /**
   * Loads the functions folder again, with the variables in its file `.env`, keeps the data, and
   * runs all live queries again.
   *
   * @throws ConvueError `FUNCTIONS_INVALID` if the functions cannot be loaded. The previous
   * functions then remain.
   */
  reload: () => Promise<void>
  /**
   * Sets an environment variable, or removes it with `null`. The functions and `auth.config` are
   * evaluated again, and all live queries run again. With the option `data`, the change is saved
   * with the data.
   *
   * @throws ConvueError `FUNCTIONS_INVALID` if `auth.config` needs a variable that is removed. The
   * variables then remain as they were.
   */
  setEnv: (name: string, value: string | null) => Promise<void>
  /**
   * Returns a snapshot of all data as a ZIP file, in the form of `npx convex export`: the documents
   * of the app and its components and, unless `files` is false, the stored files.
   */
  export: (options?: { files?: boolean }) => Promise<Uint8Array>
  /**
   * Replaces all data with the contents of a ZIP file that `export` or `npx convex export` has
   * made. Clients see one change.
   *
   * @throws ConvueError `IMPORT_FAILED` if the file cannot be read, or if its documents do not
   * match the schema. The data then remain as they were.
   */
  import: (archive: Uint8Array) => Promise<void>
  /**
   * Deletes all documents, stored files, scheduled functions and saved answers of mutations. The
   * crons begin as in a new deployment. The variables and the admin key remain.
   */
  wipe: () => Promise<void>
  /** Frees the ports and the thread. Closing again does nothing. */
  close: () => Promise<void>
}
