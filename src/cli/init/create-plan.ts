/** Creates the plan for the changes of an app. */
import type { App, AuthKind } from './app.ts'
import type { Plan } from './plan.ts'
import { devError } from '../../dev/dev-error.ts'
import { addPackages } from './edits/manifest.ts'
import { packagesFor } from './packages.ts'
import { planEnvironment, planFunctions } from './plan-functions.ts'
import { planNuxt } from './plan-nuxt.ts'
import { planVite } from './plan-vite.ts'
import { PlanBuilder } from './plan.ts'

/** The choices of the developer. */
export interface PlanOptions {
  /** @default the set-up that the app has, or 'local' */
  auth?: string | undefined
  /** `true` replaces existing files that Convue needs with another content. */
  overwrite?: boolean
}

/**
 * Plans the changes of an app. Nothing is written.
 *
 * @throws ConvueError `INIT_OPTION_INVALID`
 */
export function createPlan(app: App, { auth: wanted, overwrite = false }: PlanOptions): Plan {
  const auth = chooseAuth(app, wanted)
  const builder = new PlanBuilder(app, overwrite)
  builder.write('package.json', text => addPackages(text, packagesFor(app, auth)))
  const page = app.framework === 'vite' ? planVite(builder, auth) : planNuxt(builder, auth)
  planFunctions(builder, auth)
  planEnvironment(builder, auth)
  return { app, auth, changes: builder.changes, manual: builder.manual, page }
}

const AUTH_KINDS: Record<App['framework'], AuthKind[]> = {
  nuxt: ['local', 'component', 'nuxt'],
  vite: ['local', 'component'],
}

function chooseAuth(app: App, wanted: string | undefined): AuthKind {
  const kinds = AUTH_KINDS[app.framework]
  const auth = wanted ?? app.auth ?? 'local'
  const kind = kinds.find(kind => kind === auth)
  if (!kind)
    throw devError('INIT_OPTION_INVALID', { option: `--auth ${auth}`, allowed: kinds })
  if (app.auth && kind !== app.auth)
    throw devError('INIT_AUTH_EXISTS', { wanted: kind, existing: app.auth })
  return kind
}
