/** The functions of a deployment, loaded together and ready to run. */
import type { FunctionsHost } from '../functions/host.ts'
import type { FunctionsCatalog } from './functions-catalog.ts'

export interface LoadedFunctions {
  host: FunctionsHost
  /** The absolute path of the functions folder. */
  directory: string
  catalog: FunctionsCatalog
}
