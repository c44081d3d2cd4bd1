/** The options of the Vite plugin. */
import type { DevOptions } from '../dev/options.ts'

/** Options of the Vite plugin `convue()`. Paths are relative to Vite's root. */
export interface ConvueViteOptions extends DevOptions {
  /**
   * Path of the functions folder, relative to Vite's root. @default the path in `convex.json`, or
   * 'convex'
   */
  functions?: string
  /**
   * The paths that the server of the page passes on to the HTTP actions of the deployment, with all
   * paths below them. @default ['/api/auth']
   */
  proxy?: string[]
}

/** The path of the routes of Better Auth. */
export const DEFAULT_PROXY = ['/api/auth']
