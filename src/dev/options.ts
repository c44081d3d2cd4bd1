/** The options of the embedded deployment that all development tools have. */
import type { DeploymentOptions } from '../testing/index.ts'
import type { LocalOptions } from './local-deployment.ts'
import { resolve } from 'node:path'
import { findBranch } from '../project/git-branch.ts'
import { branchFolder } from './branch-data.ts'

/** The options that are passed on to `startDeployment`. */
type PassedOptions = Pick<DeploymentOptions, 'limits' | 'moduleState' | 'errors' | 'allowedOrigins' | 'allowedHosts'>

/** Options of an embedded deployment that a development tool starts for an app. */
export interface DevOptions extends PassedOptions {
  /**
   * The folder that keeps the data of the embedded deployment, relative to the root of the app.
   * With `false`, the data is in memory. @default '.convex-local'
   */
  data?: string | false
  /**
   * Keeps separate data for each git branch, in the folder `branches` of the folder `data`. A new
   * branch begins without data, and runs `seed`. @default false
   */
  branchData?: boolean
  /**
   * Variables of the embedded deployment, in addition to those in `.env` of the functions folder.
   * @default {}
   */
  env?: Record<string, string>
  /**
   * The origin of the page. @default the address of the development server
   */
  siteUrl?: string
  /**
   * A mutation or action, internal or public, that runs once, when the embedded deployment has no
   * data: its path, such as `internal.seed.default` or `seed:default`. If it fails, the server does
   * not start, and the function runs again the next time. @default no function
   */
  seed?: string
}

/** The folders of an app, as absolute paths. */
interface App {
  root: string
  functions: string
}

/** The folder in which an app keeps its data on this machine. */
export const DEFAULT_DATA = '.convex-local'

/** The absolute path of the folder with all data of an app; `null` if the data is in memory. */
export function dataFolder({ data = DEFAULT_DATA }: DevOptions, root: string): string | null {
  return data === false ? null : resolve(root, data)
}

/**
 * The options of an `EmbeddedDeployment` for an app.
 *
 * @param options The options of the app.
 * @param app The folders of the app.
 */
export function resolveOptions(options: DevOptions, app: App): LocalOptions {
  const { data: _data, branchData = false, env = {}, seed = null, siteUrl: _siteUrl, ...passed } = options
  const start = { ...passed, functions: app.functions, env }
  const folder = dataFolder(options, app.root)
  if (folder === null)
    return { seed, start }
  const branch = branchData ? findBranch(app.root) : null
  return { seed, branch, start: { ...start, data: branchFolder(folder, branch?.name ?? null) } }
}
