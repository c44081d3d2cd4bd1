/** The page of a Vue app with Vite: the plugin, the auth client, and a page with tasks. */
import type { AuthKind } from './app.ts'
import type { PlanBuilder } from './plan.ts'
import { globSync } from 'node:fs'
import { posix } from 'node:path'
import { findFile, readText, withExtensions } from './app.ts'
import { addComponent } from './edits/component.ts'
import { addPlugin } from './edits/main-file.ts'
import { addRoutes, createsRouter, hasFileRoutes } from './edits/router-file.ts'
import { addVitePlugin } from './edits/vite-config.ts'
import { relativeImport } from './templates.ts'

/** Plans the files of the page. Returns the path at which the app shows the tasks. */
export function planVite(plan: PlanBuilder, auth: AuthKind): string {
  const { root, source } = plan.app
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
    path: `${source}/auth-client.ts`,
    mark: /convexClient/,
  })
  const main = findMain(root)
  plan.edit({
    path: main,
    edit: text => addPlugin(text, relativeImport(main, `${source}/auth-client`)),
    manual: {
      what: 'Use the plugin in the app:',
      code: [
        'import { createConvex } from \'convue\'',
        `import { authClient } from '${relativeImport(main, `${source}/auth-client`)}'`,
        '',
        'app.use(createConvex({ url: import.meta.env.VITE_CONVEX_URL, authClient }))',
      ].join('\n'),
    },
  })
  const addComponentFile = (name: string, mark: RegExp): void =>
    plan.add({ template: `vite/components/${name}`, path: `${source}/components/${name}`, mark })
  addComponentFile('SignInForm.vue', /authClient/)
  addComponentFile('TaskList.vue', /api\.tasks\.list/)
  return planPage(plan)
}

/** The script that `index.html` loads. */
function findMain(root: string): string {
  const [, script] = /<script[^>]+\bsrc="\/?([^"]+\.[cm]?[jt]s)"/.exec(readText(root, 'index.html') ?? '') ?? []
  return script ?? findFile(root, withExtensions('src/main')) ?? 'src/main.ts'
}

/** The page is a route if the app has a router, and else a component of `App.vue`. */
function planPage(plan: PlanBuilder): string {
  const { packages, language, root, source } = plan.app
  const router = 'vue-router' in packages ? findRouter(root, source) : undefined
  if (router) {
    planRoutes(plan, router)
    return '/tasks'
  }
  plan.add({ template: 'vite/page/TasksPage.vue', path: `${source}/components/TasksPage.vue`, mark: /TaskList/ })
  plan.edit({
    path: `${source}/App.vue`,
    edit: text => addComponent(text, { name: 'TasksPage', path: './components/TasksPage.vue', language }),
    manual: {
      what: 'Show the component:',
      code: 'import TasksPage from \'./components/TasksPage.vue\'\n\n<TasksPage />',
    },
  })
  return '/'
}

function findRouter(root: string, source: string): string | undefined {
  const usual = findFile(root, [...withExtensions(`${source}/router/index`), ...withExtensions(`${source}/router`)])
  const files = globSync(`${source}/**/*.{ts,js,mts,mjs}`, { cwd: root }).map(file => file.replaceAll('\\', '/'))
  return [...usual ? [usual] : [], ...files].find(file => createsRouter(readText(root, file)!))
}

function planRoutes(plan: PlanBuilder, router: string): void {
  const { root, source } = plan.app
  // The router reads its routes from this folder.
  if (hasFileRoutes(readText(root, router)!)) {
    plan.add({ template: 'vite/views/TasksView.vue', path: `${source}/pages/tasks.vue`, mark: /TaskList/ })
    plan.add({ template: 'vite/views/SignInView.vue', path: `${source}/pages/sign-in.vue`, mark: /SignInForm/ })
    return
  }
  const folder = findFile(root, [`${source}/views`, `${source}/pages`]) ?? `${source}/views`
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
