/** The options of the Vite plugin. */
import type { DeploymentOptions } from '../testing/index.ts'

/** The options that the plugin passes on to `startDeployment`. */
type PassedOptions = Pick<DeploymentOptions, 'limits' | 'moduleState' | 'errors' | 'allowedOrigins' | 'allowedHosts'>

/** Options of the Vite plugin `convue()`. */
export interface ConvueViteOptions extends PassedOptions {
  /**
   * Path of the functions folder, relative to Vite's root. @default the path in `convex.json`, or
   * 'convex'
   */
  functions?: string
  /**
   * The folder that keeps the data of the embedded deployment, relative to Vite's root. With
   * `false`, the data is in memory. @default '.convex-local'
   */
  data?: string | false
  /**
   * Variables of the embedded deployment, in addition to those in `.env` of the functions folder.
   * @default {}
   */
  env?: Record<string, string>
  /**
   * The paths that the server of the page passes on to the HTTP actions of the deployment, with all
   * paths below them. @default ['/api/auth']
   */
  proxy?: string[]
  /**
   * The origin of the page. @default the address of Vite's server, with the host name `localhost`
   */
  siteUrl?: string
  /**
   * A mutation or action, internal or public, that runs once, when the embedded deployment has no
   * data: its path, such as `internal.seed.default` or `seed:default`. If it fails, Vite does not
   * start, and the function runs again the next time. @default no function
   */
  seed?: string
}

/** The path of the routes of Better Auth. */
export const DEFAULT_PROXY = ['/api/auth']

/** The folder in which an app keeps its data on this machine. */
export const DEFAULT_DATA = '.convex-local'
