/** Plans the Convex functions of an app: Better Auth, and tasks that belong to users. */
import type { AuthKind } from './app.ts'
import type { PlanBuilder } from './plan.ts'
import { randomSecret } from '../random-secret.ts'
import { findFile, readText, withExtensions } from './app.ts'
import { addAuthRoutes, addComponentOfAuth, addProvider, addTables } from './edits/functions.ts'
import { addIgnored, addVariables } from './edits/text-files.ts'

const TASKS: Record<AuthKind, string> = {
  local: 'tasks: defineTable({ owner: v.id(\'user\'), text: v.string() }).index(\'by_owner\', [\'owner\'])',
  nuxt: 'tasks: defineTable({ owner: v.id(\'user\'), text: v.string() }).index(\'by_owner\', [\'owner\'])',
  component: 'tasks: defineTable({ owner: v.string(), text: v.string() }).index(\'by_owner\', [\'owner\'])',
}

/** The tables that the developer adds to a schema that cannot be edited. */
const TABLES: Record<AuthKind, string> = {
  local: `...authTables, // from './authTables'\n${TASKS.local},`,
  nuxt: `...authTables, // from './authTables'\n${TASKS.nuxt},`,
  component: `${TASKS.component},`,
}

/** The edit of the router, and the code that does the same. */
const ROUTES: Record<AuthKind, { edit: SharedFile['edit'], code: string }> = {
  local: { edit: addAuthRoutes, code: 'registerAuthRoutes(http, createAuth)' },
  component: { edit: addAuthRoutes, code: 'registerAuthRoutes(http, createAuth)' },
  nuxt: {
    edit: keepWithDatabase,
    code: 'registerAuthDatabaseRoute(http, { database, tables: Object.keys(authTables) })',
  },
}

const PROVIDER: Record<AuthKind, string> = {
  local: 'convue/convex',
  nuxt: 'convue/convex',
  component: '@convex-dev/better-auth/auth-config',
}

/** Plans the files of the functions folder. */
export function planFunctions(plan: PlanBuilder, auth: AuthKind): void {
  const { functions } = plan.app
  const add = (template: string, file: string, mark: RegExp): void =>
    plan.add({ template, path: `${functions}/${file}`, mark })

  planShared(plan, auth)
  if (auth === 'nuxt') {
    add('convex-nuxt/authDatabase.ts', 'authDatabase.ts', /defineAuthDatabase/)
    add('convex/authTables.ts', 'authTables.ts', /authTables/)
    add('convex-nuxt/tasks.ts', 'tasks.ts', /export const list\b/)
  }
  else {
    add(`convex-${auth}/auth.ts`, 'auth.ts', /\bcreateAuth\b/)
    add(`convex-${auth}/authed.ts`, 'authed.ts', /\bauthedQuery\b/)
    add('convex/tasks.ts', 'tasks.ts', /export const list\b/)
  }
  if (auth === 'local') {
    add('convex/authTables.ts', 'authTables.ts', /authTables/)
    plan.add({ template: 'convex-local/better-auth.ts', path: 'auth.ts', mark: /\bcreateAuth\b/ })
  }
  if (plan.app.language === 'ts')
    add('convex/tsconfig.json', 'tsconfig.json', /./)
}

/** Plans the files that an app with Convex may already have. */
function planShared(plan: PlanBuilder, auth: AuthKind): void {
  addOrEdit(plan, auth, 'schema', {
    edit: text => addTables(text, { tasks: TASKS[auth], hasAuthTables: auth !== 'component' }),
    manual: {
      what: 'Add these tables to the schema:',
      code: TABLES[auth],
    },
  })
  addOrEdit(plan, auth, 'auth.config', {
    edit: text => addProvider(text, PROVIDER[auth]),
    manual: { what: `Add to \`providers\`, from '${PROVIDER[auth]}':`, code: 'getAuthConfigProvider(),' },
  })
  addOrEdit(plan, auth, 'http', {
    edit: ROUTES[auth].edit,
    manual: { what: 'Add the routes to the router, from \'convue/convex\':', code: ROUTES[auth].code },
  })
  if (auth === 'component') {
    addOrEdit(plan, auth, 'convex.config', {
      edit: addComponentOfAuth,
      manual: {
        what: 'Add the component, from \'@convex-dev/better-auth/convex.config\':',
        code: 'app.use(betterAuth)',
      },
    })
  }
}

/** Does not edit the router, since only the developer knows its other routes. */
function keepWithDatabase(text: string): string | null {
  if (text.includes('registerAuthDatabaseRoute'))
    return text
  return null
}

interface SharedFile {
  edit: (text: string) => string | null
  manual: { what: string, code: string }
}

function addOrEdit(plan: PlanBuilder, auth: AuthKind, name: string, { edit, manual }: SharedFile): void {
  const { root, functions } = plan.app
  const existing = findFile(root, withExtensions(`${functions}/${name}`))
  if (existing)
    plan.edit({ path: existing, edit, manual })
  else
    plan.add({ template: `convex-${auth}/${name}.ts`, path: `${functions}/${name}.ts`, mark: /./ })
}

/** Plans the secrets of the deployment and of Nuxt's server, and keeps them out of Git. */
export function planEnvironment(plan: PlanBuilder, auth: AuthKind): void {
  const { functions, root } = plan.app
  const variables = `${functions}/.env`
  if (auth === 'nuxt') {
    const known = /^AUTH_DATABASE_SECRET=(.+)$/m.exec(readText(root, '.env') ?? readText(root, variables) ?? '')?.[1]
    const shared = known ?? randomSecret()
    plan.write(variables, text => addVariables(text, { AUTH_DATABASE_SECRET: () => shared }), { isSecret: true })
    plan.write('.env', text => addVariables(text, {
      BETTER_AUTH_SECRET: randomSecret,
      AUTH_DATABASE_SECRET: () => shared,
    }), { isSecret: true })
  }
  else {
    plan.write(variables, text => addVariables(text, { BETTER_AUTH_SECRET: randomSecret }), { isSecret: true })
  }
  const ignored = ['.convex-local/', '.env.local', variables]
  if (auth === 'nuxt')
    ignored.push('.env')
  plan.write('.gitignore', text => addIgnored(text, ignored))
}
