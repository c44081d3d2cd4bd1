/** Plans the changes of a Nuxt app: the module, Better Auth on its server if chosen, and a page. */
import type { AuthKind } from './app.ts'
import type { PlanBuilder } from './plan.ts'
import { findFile, withExtensions } from './app.ts'
import { addComponent } from './edits/component.ts'
import { addNuxtModule } from './edits/nuxt-config.ts'

/** Plans the files of the pages. Returns the path at which the app shows the tasks. */
export function planNuxt(plan: PlanBuilder, auth: AuthKind): string {
  const { language, root, source } = plan.app
  const at = (path: string): string => source === '.' ? path : `${source}/${path}`
  const hasPages = findFile(root, [at('pages')]) !== undefined
  const options = {
    ...auth === 'nuxt' && { auth: 'local' },
    ...hasPages && { homePath: '/tasks' },
  }
  const entries = Object.entries(options).map(([name, value]) => `${name}: '${value}'`)
  plan.edit({
    path: findFile(root, withExtensions('nuxt.config')) ?? 'nuxt.config.ts',
    edit: text => addNuxtModule(text, options),
    manual: {
      what: 'Add the module:',
      code: `modules: ['convue/nuxt'],${entries.length > 0 ? `\nconvex: { ${entries.join(', ')} },` : ''}`,
    },
  })
  if (auth === 'nuxt') {
    plan.add({ template: 'nuxt-auth/auth.ts', path: 'server/utils/auth.ts', mark: /convexDatabase/ })
    plan.add({ template: 'nuxt-auth/[...all].ts', path: 'server/routes/api/auth/[...all].ts', mark: /auth\.handler/ })
  }
  const addComponentFile = (name: string, mark: RegExp): void =>
    plan.add({ template: `nuxt/components/${name}`, path: at(`components/${name}`), mark })
  addComponentFile('SignInForm.vue', /useAuthClient|useUserSession/)
  addComponentFile('TaskList.vue', /api\.tasks\.list/)
  if (hasPages) {
    plan.add({ template: 'nuxt/pages/tasks.vue', path: at('pages/tasks.vue'), mark: /TaskList/ })
    plan.add({ template: 'nuxt/pages/sign-in.vue', path: at('pages/sign-in.vue'), mark: /SignInForm/ })
    return '/tasks'
  }
  plan.add({ template: 'nuxt/page/TasksPage.vue', path: at('components/TasksPage.vue'), mark: /TaskList/ })
  plan.edit({
    path: at('app.vue'),
    edit: text => addComponent(text, { name: 'TasksPage', path: null, language }),
    manual: { what: 'Show the component:', code: '<TasksPage />' },
  })
  return '/'
}
