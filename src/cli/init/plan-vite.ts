/** Plans the changes of a Vue app with Vite: the plugin, the auth client, and a page with tasks. */
import type { AuthKind } from './app.ts'
import type { PlanBuilder } from './plan.ts'
import { globSync } from 'node:fs'
import { join, posix } from 'node:path'
import { findFile, readText, withExtensions } from './app.ts'
import { addComponent } from './edits/component.ts'
import { addPlugin } from './edits/main-file.ts'
import { addRoutes, createsRouter, hasFileRoutes } from './edits/router-file.ts'
import { addVitePlugin } from './edits/vite-config.ts'
import { relativeImport } from './templates.ts'

/** Plans the files of the page. Returns the path at which the app shows the tasks. */
export function planVite(plan: PlanBuilder, auth: AuthKind): string {
  const { main, root, source } = plan.app
  const at = (path: string): string => posix.join(source, path)
  const config = findFile(root, withExtensions('vite.config'))
  plan.edit({
    path: config ?? 'vite.config.ts',
    edit: addVitePlugin,
    manual: {
      what: 'Add the plugin to `plugins`:',
      code: 'import { convue } from \'convue/vite\'\n\nplugins: [vue(), convue()],',
    },
  })
  plan.add({
    template: `vite/${auth === 'component' ? 'component' : 'local'}/auth-client.ts`,
    path: at('auth-client.ts'),
    mark: /convexClient/,
  })
  plan.edit({
    path: main,
    edit: text => addPlugin(text, relativeImport(main, at('auth-client'))),
    manual: {
      what: 'Use the plugin in the app:',
      code: [
        'import { createConvex } from \'convue\'',
        `import { authClient } from '${relativeImport(main, at('auth-client'))}'`,
        '',
        'app.use(createConvex({ url: import.meta.env.VITE_CONVEX_URL, authClient }))',
      ].join('\n'),
    },
  })
  const addComponentFile = (name: string, mark: RegExp): void =>
    plan.add({ template: `vite/components/${name}`, path: at(`components/${name}`), mark })
  addComponentFile('SignInForm.vue', /authClient/)
  addComponentFile('TaskList.vue', /api\.tasks\.list/)
  return planPage(plan)
}

/** The page is a route if the app has a router, or else a component of `App.vue`. */
function planPage(plan: PlanBuilder): string {
  const { packages, language, main, root, source } = plan.app
  const router = 'vue-router' in packages ? findRouter(root, source) : undefined
  if (router) {
    planRoutes(plan, router)
    return '/tasks'
  }
  const page = posix.join(source, 'components/TasksPage.vue')
  plan.add({ template: 'vite/page/TasksPage.vue', path: page, mark: /TaskList/ })
  const app = findRootComponent(readText(root, main) ?? '', main)
  const path = relativeImport(app, page)
  plan.edit({
    path: app,
    edit: text => addComponent(text, { name: 'TasksPage', path, language }),
    manual: {
      what: 'Show the component:',
      code: `import TasksPage from '${path}'\n\n<TasksPage />`,
    },
  })
  return '/'
}

/** The component `App` that the main file imports. */
function findRootComponent(text: string, main: string): string {
  const [, path] = /import\s+App\s+from\s+['"](\.[^'"]+\.vue)['"]/.exec(text) ?? []
  return posix.join(posix.dirname(main), path ?? 'App.vue')
}

function findRouter(root: string, source: string): string | undefined {
  const at = (path: string): string[] => withExtensions(posix.join(source, path))
  const usual = findFile(root, [...at('router/index'), ...at('router')])
  const files = globSync('**/*.{ts,js,mts,mjs}', { cwd: join(root, source), exclude: name => name === 'node_modules' })
    .map(file => posix.join(source, file.replaceAll('\\', '/')))
  return [...usual ? [usual] : [], ...files].find(file => createsRouter(readText(root, file)!))
}

function planRoutes(plan: PlanBuilder, router: string): void {
  const { root, source } = plan.app
  const at = (path: string): string => posix.join(source, path)
  // The router reads its routes from this folder.
  if (hasFileRoutes(readText(root, router)!)) {
    plan.add({ template: 'vite/views/TasksView.vue', path: at('pages/tasks.vue'), mark: /TaskList/ })
    plan.add({ template: 'vite/views/SignInView.vue', path: at('pages/sign-in.vue'), mark: /SignInForm/ })
    return
  }
  const folder = findFile(root, [at('views'), at('pages')]) ?? at('views')
  const [tasks, signIn] = [`${folder}/TasksView.vue`, `${folder}/SignInView.vue`]
  plan.add({ template: 'vite/views/TasksView.vue', path: tasks, mark: /TaskList/ })
  plan.add({ template: 'vite/views/SignInView.vue', path: signIn, mark: /SignInForm/ })
  const routes = [{ path: '/tasks', file: tasks }, { path: '/sign-in', file: signIn }]
    .map(({ path, file }) => ({ path, component: relativeImport(router, posix.normalize(file)) }))
  plan.edit({
    path: router,
    edit: text => addRoutes(text, routes),
    manual: {
      what: 'Add these routes:',
      code: routes
        .map(({ path, component }) => `{ path: '${path}', component: () => import('${component}') },`)
        .join('\n'),
    },
  })
}
