import { describe, expect, it } from 'vitest'
import { addComponent } from '../../../src/cli/init/edits/component.ts'
import { addAuthRoutes, addComponentOfAuth, addProvider, addTables } from '../../../src/cli/init/edits/functions.ts'
import { addPlugin } from '../../../src/cli/init/edits/main-file.ts'
import { addPackages } from '../../../src/cli/init/edits/manifest.ts'
import { addNuxtModule } from '../../../src/cli/init/edits/nuxt-config.ts'
import { addRoutes } from '../../../src/cli/init/edits/router-file.ts'
import { addIgnored, addVariables } from '../../../src/cli/init/edits/text-files.ts'
import { addVitePlugin } from '../../../src/cli/init/edits/vite-config.ts'

describe('addVitePlugin', () => {
  const IMPORT = 'import { convue } from \'convue/vite\''
  const DEFINE = 'import { defineConfig } from \'vite\''

  it.each([
    ['an object in defineConfig', `${DEFINE}\nexport default defineConfig({ plugins: [vue()] })`, 'plugins: [vue(), convue()] }'],
    ['a plain object', 'import vue from \'x\'\nexport default { plugins: [vue()] }', 'plugins: [vue(), convue()] }'],
    ['an object with satisfies', 'export default { plugins: [vue()] } satisfies UserConfig', 'plugins: [vue(), convue()] }'],
    ['an arrow function', `${DEFINE}\nexport default defineConfig(() => ({ plugins: [vue()] }))`, '[vue(), convue()]'],
    ['a function with a return', `${DEFINE}\nexport default defineConfig(async ({ mode }) => {\n  const f = () => { return 1 }\n  return { plugins: [vue()] }\n})`, '[vue(), convue()]'],
    ['a variable', `${DEFINE}\nconst config = defineConfig({ plugins: [vue()] })\nexport default config`, '[vue(), convue()]'],
    ['plugins in a variable', `${DEFINE}\nconst plugins = [vue()]\nexport default defineConfig({ plugins })`, 'const plugins = [vue(), convue()]'],
    ['filtered plugins', `${DEFINE}\nexport default defineConfig({ plugins: [vue(), x && y()].filter(Boolean) })`, '[vue(), x && y(), convue()].filter(Boolean)'],
    ['an empty list', `${DEFINE}\nexport default defineConfig({ plugins: [] })`, 'plugins: [convue()]'],
    ['no plugins', `${DEFINE}\nexport default defineConfig({ base: '/x' })`, '{ base: \'/x\', plugins: [convue()] }'],
    ['an empty object', `${DEFINE}\nexport default defineConfig({})`, 'defineConfig({\n  plugins: [convue()],\n})'],
    ['one plugin a line, with a trailing comma', `${DEFINE}\nexport default defineConfig({\n  plugins: [\n    vue(), // first\n  ],\n})`, '    vue(),\n    convue(), // first\n  ],'],
    ['one plugin a line, without one', `${DEFINE}\nexport default defineConfig({\n  plugins: [\n    vue()\n  ]\n})`, '    vue(),\n    convue()\n  ]'],
  ])('adds the plugin to %s', (_name, text, expected) => {
    const edited = addVitePlugin(text)
    expect(edited).toContain(expected)
    expect(edited).toContain(IMPORT)
    expect(addVitePlugin(edited!)).toBe(edited)
  })

  it('follows the quotes and semicolons of the file', () => {
    const edited = addVitePlugin('import vue from "@vitejs/plugin-vue";\nexport default { plugins: [vue()] };\n')
    expect(edited).toBe('import vue from "@vitejs/plugin-vue";\nimport { convue } from "convue/vite";\nexport default { plugins: [vue(), convue()] };\n')
  })

  it.each([
    ['several results', 'export default defineConfig(({ command }) => {\n  if (command === \'serve\')\n    return { plugins: [vue()] }\n  return {}\n})'],
    ['plugins from a call', 'export default defineConfig({ plugins: getPlugins() })'],
    ['an unknown function around the object', 'export default withDefaults({ plugins: [vue()] })'],
    ['a spread that may have plugins', 'export default defineConfig({ ...base })'],
    ['CommonJS', 'module.exports = { plugins: [vue()] }'],
    ['a syntax error', 'export default defineConfig({'],
  ])('leaves %s to the developer', (_name, text) => {
    expect(addVitePlugin(text)).toBeNull()
  })
})

describe('addPlugin', () => {
  const USE = '.use(createConvex({ url: import.meta.env.VITE_CONVEX_URL, authClient }))'
  const IMPORT = 'import { createApp } from \'vue\'\n'

  it.each([
    ['a chain on one line', 'createApp(App).mount(\'#app\')', `createApp(App)\n  ${USE}\n  .mount('#app')`],
    ['a chain on several lines', 'createApp(App)\n    .use(router)\n    .mount(\'#app\')', `createApp(App)\n    ${USE}\n    .use(router)`],
    ['a variable', 'const app = createApp(App)\n\napp.use(createPinia())', `const app = createApp(App)\napp${USE}\n\napp.use`],
    ['a function', 'export function start() {\n  const app = createApp(App)\n  return app\n}', `  const app = createApp(App)\n  app${USE}\n  return app`],
  ])('uses the plugin in %s', (_name, code, expected) => {
    const edited = addPlugin(IMPORT + code, './auth-client')
    expect(edited).toContain(expected)
    expect(edited).toContain('import { createConvex } from \'convue\'\nimport { authClient } from \'./auth-client\'')
    expect(addPlugin(edited!, './auth-client')).toBe(edited)
  })

  it('adds semicolons if the file has semicolons', () => {
    expect(addPlugin('import { createApp as create } from "vue";\nconst app = create(App);\n', './auth-client'))
      .toContain(`const app = create(App);\napp${USE};\n`)
  })

  it.each([
    ['no createApp', 'import { ViteSSG } from \'vite-ssg\'\nexport const create = ViteSSG(App)'],
    ['two apps', `${IMPORT}createApp(A).mount('#a')\ncreateApp(B).mount('#b')`],
    ['an app that is an argument', `${IMPORT}start(createApp(App))`],
    ['a createApp of another package', 'import { createApp } from \'petite-vue\'\ncreateApp(App).mount(\'#app\')'],
  ])('leaves %s to the developer', (_name, text) => {
    expect(addPlugin(text, './auth-client')).toBeNull()
  })
})

describe('addNuxtModule', () => {
  it.each([
    ['no modules', 'export default defineNuxtConfig({\n  devtools: { enabled: true }\n})', '  devtools: { enabled: true },\n  modules: [\'convue/nuxt\']\n'],
    ['modules', 'export default defineNuxtConfig({\n  modules: [\n    \'@nuxt/ui\',\n  ],\n})', '    \'@nuxt/ui\',\n    \'convue/nuxt\',\n  ],'],
    ['double quotes', 'import x from "x";\nexport default defineNuxtConfig({ modules: ["@nuxt/ui"] });', '["@nuxt/ui", "convue/nuxt"]'],
    ['an empty configuration', 'export default defineNuxtConfig({})', '{\n  modules: [\'convue/nuxt\'],\n}'],
  ])('adds the module to a configuration with %s', (_name, text, expected) => {
    const edited = addNuxtModule(text, {})
    expect(edited).toContain(expected)
    expect(addNuxtModule(edited!, {})).toBe(edited)
  })

  it('adds options, unless the app has some', () => {
    expect(addNuxtModule('export default defineNuxtConfig({})', { auth: 'local' })).toContain('convex: { auth: \'local\' },')
    const own = 'export default defineNuxtConfig({ convex: { homePath: \'/\' } })'
    expect(addNuxtModule(own, { auth: 'local' })).not.toContain('local')
  })

  it('keeps a module that is listed with options', () => {
    const text = 'export default defineNuxtConfig({ modules: [[\'convue/nuxt\', { homePath: \'/\' }]] })'
    expect(addNuxtModule(text, {})).toBe(text)
  })

  it('does not edit a list of modules that a function call returns', () => {
    expect(addNuxtModule('export default defineNuxtConfig({ modules: modules() })', {})).toBeNull()
  })
})

describe('addRoutes', () => {
  const routes = [{ path: '/tasks', component: '../views/TasksView.vue' }]
  const IMPORT = 'import { createRouter } from \'vue-router\'\n'

  it.each([
    ['an option', `${IMPORT}createRouter({ history, routes: [{ path: '/', component: Home }] })`],
    ['a variable', `${IMPORT}const routes: RouteRecordRaw[] = [{ path: '/', component: Home }]\ncreateRouter({ history, routes })`],
    ['an empty list', `${IMPORT}export const router = createRouter({ history, routes: [] })`],
  ])('adds a route to %s', (_name, text) => {
    const edited = addRoutes(text, routes)
    expect(edited).toMatch(/\{ path: '\/tasks', component: \(\) => import\('..\/views\/TasksView.vue'\) \}\]/)
    expect(addRoutes(edited!, routes)).toBe(edited)
  })

  it('does not edit routes that are imported from another file', () => {
    expect(addRoutes(`${IMPORT}import { routes } from './routes'\ncreateRouter({ routes })`, routes)).toBeNull()
  })
})

describe('addComponent', () => {
  const added = { name: 'TasksPage', path: './TasksPage.vue', language: 'ts' } as const

  it('adds an import and the first element, and only once', () => {
    const edited = addComponent('<script setup lang="ts">\nimport A from \'./A.vue\'\n</script>\n\n<template>\n  <A />\n</template>\n', added)
    expect(edited).toBe('<script setup lang="ts">\nimport A from \'./A.vue\'\nimport TasksPage from \'./TasksPage.vue\'\n</script>\n\n<template>\n  <TasksPage />\n  <A />\n</template>\n')
    expect(addComponent(edited!, added)).toBe(edited)
  })

  it('edits a script that follows the template', () => {
    const edited = addComponent('<template>\n  <A />\n</template>\n\n<script setup>\nimport A from "./A.vue";\n</script>\n', added)
    expect(edited).toContain('<TasksPage />\n  <A />')
    expect(edited).toContain('import A from "./A.vue";\nimport TasksPage from "./TasksPage.vue";\n</script>')
  })

  it('creates a script', () => {
    expect(addComponent('<template>\n  <p>Hello</p>\n</template>\n', added))
      .toBe('<script setup lang="ts">\nimport TasksPage from \'./TasksPage.vue\'\n</script>\n\n<template>\n  <TasksPage />\n  <p>Hello</p>\n</template>\n')
  })

  it('replaces the placeholder of an empty Nuxt app', () => {
    expect(addComponent('<template>\n  <div>\n    <NuxtWelcome />\n  </div>\n</template>\n', { ...added, path: null }))
      .toBe('<template>\n  <div>\n    <TasksPage />\n  </div>\n</template>\n')
  })

  it.each([
    ['the options API', '<script>\nexport default {}\n</script>\n<template>\n  <p />\n</template>'],
    ['another template language', '<template lang="pug">\np Hello\n</template>'],
    ['a component without a template', '<script setup>\nconst a = 1\n</script>'],
  ])('leaves %s to the developer', (_name, text) => {
    expect(addComponent(text, added)).toBeNull()
  })
})

describe('edits of Convex functions', () => {
  const SCHEMA = 'import { defineSchema } from \'convex/server\'\n'
  const tasks = 'tasks: defineTable({})'

  it('adds the tables that a schema lacks', () => {
    const edited = addTables(`${SCHEMA}export default defineSchema({\n  notes: defineTable({}),\n})`, { tasks, hasAuthTables: true })
    expect(edited).toContain('  notes: defineTable({}),\n  ...authTables,\n  tasks: defineTable({}),\n})')
    expect(edited).toContain('import { authTables } from \'./authTables\'')
    expect(addTables(edited!, { tasks, hasAuthTables: true })).toBe(edited)
  })

  it('adds the tables to an empty schema', () => {
    expect(addTables(`${SCHEMA}export default defineSchema({})`, { tasks, hasAuthTables: true }))
      .toContain('defineSchema({\n  ...authTables,\n  tasks: defineTable({}),\n})')
  })

  it('adds the routes of Better Auth before the export', () => {
    const edited = addAuthRoutes('import { httpRouter } from \'convex/server\'\n\nconst router = httpRouter()\n\nexport default router\n')
    expect(edited).toContain('registerAuthRoutes(router, createAuth)\n\nexport default router')
    expect(addAuthRoutes(edited!)).toBe(edited)
  })

  it('adds a provider of tokens', () => {
    const edited = addProvider('export default { providers: [{ domain: \'https://a.example\' }] }', 'convue/convex')
    expect(edited).toContain('[{ domain: \'https://a.example\' }, getAuthConfigProvider()]')
    expect(addProvider(edited!, 'convue/convex')).toBe(edited)
  })

  it('adds the component of Better Auth', () => {
    const edited = addComponentOfAuth('import { defineApp } from \'convex/server\'\nconst app = defineApp()\nexport default app\n')
    expect(edited).toContain('app.use(betterAuth)\n\nexport default app')
    expect(addComponentOfAuth(edited!)).toBe(edited)
  })

  it.each([
    ['a schema of another function', () => addTables('export default createSchema({})', { tasks, hasAuthTables: true })],
    ['routes that are not a variable', () => addAuthRoutes('export default httpRouter()')],
    ['providers from a call', () => addProvider('export default { providers: list() }', 'convue/convex')],
  ])('leaves %s to the developer', (_name, edit) => {
    expect(edit()).toBeNull()
  })
})

describe('edits of lists', () => {
  it('adds the paths that .gitignore does not contain in another form', () => {
    const paths = ['.convex-local/', '.env.local', 'convex/.env']
    expect(addIgnored('node_modules\n*.local\n/.convex-local\n', paths)).toMatch(/^node_modules[\s\S]*\nconvex\/\.env\n$/)
    expect(addIgnored('*.local\n.env\n.convex-local\n', paths)).toBe('*.local\n.env\n.convex-local\n')
    expect(addIgnored('', paths).trim().split('\n')).toHaveLength(4)
  })

  it('adds the variables that a file does not set, and keeps the others', () => {
    expect(addVariables('A=1', { A: () => '2', B: () => '3' })).toBe('A=1\nB=3\n')
    expect(addVariables('A=1\n', { A: () => '2' })).toBe('A=1\n')
  })

  it('adds packages in order, with the indentation of the file, and keeps listed ones', () => {
    const text = '{\n    "name": "a",\n    "dependencies": {\n        "vue": "^3.5.0"\n    }\n}\n'
    const packages = { dependencies: { vue: '^3.5.9', convex: '^1.0.0' }, devDependencies: { ws: '^8.0.0' } }
    const edited = addPackages(text, packages)
    expect(edited).toBe('{\n    "name": "a",\n    "dependencies": {\n        "convex": "^1.0.0",\n        "vue": "^3.5.0"\n    },\n    "devDependencies": {\n        "ws": "^8.0.0"\n    }\n}\n')
    expect(addPackages(edited, packages)).toBe(edited)
  })
})
