/** Loads a functions folder: bundles it, starts its threads, and checks it as Convex does. */
import type { SchemaJSON } from '../engine/schema.ts'
import type { FunctionsDescription } from '../functions/description.ts'
import type { StartOptions } from '../functions/host-options.ts'
import type { CronJob } from './crons.ts'
import type { Data } from './data.ts'
import type { LoadedFunctions } from './loaded-functions.ts'
import type { ComponentCrons } from './runtime.ts'
import { DeveloperError } from '../engine/developer-error.ts'
import { checkSchemaDefinition } from '../engine/schema-definition.ts'
import { FunctionsHost } from '../functions/host.ts'
import { testingError } from '../testing-error.ts'
import { explainVersions } from '../version-conflict.ts'
import { checkSchedule } from './crons.ts'
import { parseFunctionName } from './function-path.ts'
import { FunctionsCatalog } from './functions-catalog.ts'

/** The options of `loadFunctions`. */
export interface LoadOptions extends StartOptions {
  functions: string
}

/** Functions that are ready to run, with the settings that they contain for the deployment. */
export interface Deployable extends LoadedFunctions {
  crons: ComponentCrons
  schemas: Map<string, SchemaJSON | null>
  /** The value of `auth.config`, if there is one. */
  authConfig: unknown
}

/** @throws ConvueError `FUNCTIONS_INVALID`, `VERSION_CONFLICT` */
export async function loadFunctions({ functions, ...options }: LoadOptions): Promise<Deployable> {
  const host = await explainVersions(functions, () => FunctionsHost.start(functions, options))
  try {
    return { host, directory: functions, ...prepare(host.description) }
  }
  catch (error) {
    await host.dispose()
    throw error
  }
}

/**
 * Applies the schemas and the indexes of the functions to the data.
 *
 * @throws ConvueError `FUNCTIONS_INVALID` if existing documents do not match their schema.
 */
export function applySchemas(data: Data, schemas: Map<string, SchemaJSON | null>): void {
  refuseDeveloperErrors(() => {
    for (const [component, schema] of schemas)
      data.checkExisting(component, schema)
  })
  for (const [component, schema] of schemas)
    data.defineSchema(component, schema)
}

function prepare(description: FunctionsDescription): Pick<Deployable, 'catalog' | 'crons' | 'schemas' | 'authConfig'> {
  const { components, authConfig } = description
  const catalog = new FunctionsCatalog(description)
  const schemas = new Map(components.map(({ path, schemaJson }) => [path, parse(schemaJson) as SchemaJSON | null]))
  const crons: ComponentCrons = new Map(components.map(({ path, cronsJson }) =>
    [path, (parse(cronsJson) ?? {}) as Record<string, CronJob>]))
  refuseDeveloperErrors(() => {
    for (const schema of schemas.values()) {
      if (schema)
        checkSchemaDefinition(schema)
    }
    for (const [component, jobs] of crons)
      checkCrons(component, jobs, catalog)
    if (authConfig && authConfig.unsetVariables.length > 0)
      throw new DeveloperError('AuthConfigMissingEnvironmentVariable', describeUnset(authConfig.unsetVariables[0]!))
  })
  return { catalog, schemas, crons, authConfig: authConfig ? JSON.parse(authConfig.json) : undefined }
}

function checkCrons(component: string, jobs: Record<string, CronJob>, catalog: FunctionsCatalog): void {
  for (const [identifier, { name, schedule }] of Object.entries(jobs)) {
    checkSchedule(identifier, schedule)
    const kind = catalog.lookup(parseFunctionName(component, name))?.kind
    if (kind !== 'mutation' && kind !== 'action') {
      const problem = `The cron job '${identifier}' schedules the function '${name}', which ${whyNotScheduled(kind)}.`
      throw new DeveloperError('InvalidCron', problem)
    }
  }
}

function whyNotScheduled(kind: string | undefined): string {
  if (kind === undefined)
    return 'does not exist'
  return `is a ${kind}, and only mutations and actions can be scheduled`
}

function describeUnset(name: string): string {
  return `Environment variable ${name} is used in auth config file but its value was not set.`
}

/** Converts an error that Convex would report to the error `FUNCTIONS_INVALID`. */
function refuseDeveloperErrors(body: () => void): void {
  try {
    body()
  }
  catch (cause) {
    if (!(cause instanceof DeveloperError) && !(cause instanceof Error))
      throw cause
    throw testingError('FUNCTIONS_INVALID', { kind: 'refused', message: cause.message }, cause)
  }
}

function parse(json: string | null): unknown {
  if (json === null)
    return null
  return JSON.parse(json)
}
