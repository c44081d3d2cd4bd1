/** The environment variables that each component sees. */
import type { ComponentSource } from './components.ts'
import type { Environments } from './messages.ts'

/** The variables that a deployment sets itself, and that every component sees. */
const SYSTEM_VARIABLES = ['CONVEX_CLOUD_URL', 'CONVEX_SITE_URL']

/**
 * The environments of all components, from the variables of the app. A component sees only the
 * variables that its parent binds, and the deployment's own.
 */
export function componentEnvironments(sources: ComponentSource[], variables: Record<string, string>): Environments {
  const environments: Environments = { '': variables }
  const system = Object.fromEntries(Object.entries(variables).filter(([name]) => SYSTEM_VARIABLES.includes(name)))
  // Parents precede their children.
  for (const { path, environment, httpPrefix } of sources.filter(({ path }) => path !== '')) {
    const parent = environments[path.split('/').slice(0, -1).join('/')] ?? {}
    const own = { ...system }
    if (httpPrefix !== null && own.CONVEX_SITE_URL !== undefined)
      own.CONVEX_SITE_URL = own.CONVEX_SITE_URL.replace(/\/$/, '') + httpPrefix.replace(/\/$/, '')
    for (const [name, binding] of Object.entries(environment)) {
      const value = 'value' in binding ? binding.value : parent[binding.variable]
      if (value !== undefined)
        own[name] = value
    }
    environments[path] = own
  }
  return environments
}
