// @vitest-environment node
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { detectApp } from '../../src/cli/init/app.ts'
import { createPlan } from '../../src/cli/init/create-plan.ts'
import { pages, writeFiles } from './examples.ts'

/** Files that each app has, and that the pages need not explain. */
const USUAL = ['.gitignore', 'convex/tsconfig.json', 'package.json']

/** The files of create-vite and of create-nuxt that `convue init` edits or reads. */
const CREATED = {
  vue: {
    'package.json': JSON.stringify({ name: 'my-app', dependencies: { vue: '^3.5.0' }, devDependencies: { vite: '^8.0.0' } }),
    'index.html': '<div id="app"></div><script type="module" src="/src/main.ts"></script>',
    'tsconfig.json': '{}',
    'vite.config.ts': 'import vue from \'@vitejs/plugin-vue\'\n\nexport default { plugins: [vue()] }\n',
    'src/main.ts': 'import { createApp } from \'vue\'\nimport App from \'./App.vue\'\n\ncreateApp(App).mount(\'#app\')\n',
    'src/App.vue': '<template>\n  <p>Hello</p>\n</template>\n',
  },
  nuxt: {
    'package.json': JSON.stringify({ name: 'my-app', dependencies: { nuxt: '^4.5.0', vue: '^3.5.0' } }),
    'tsconfig.json': '{}',
    'nuxt.config.ts': 'export default defineNuxtConfig({})\n',
    'app/app.vue': '<template>\n  <NuxtWelcome />\n</template>\n',
  },
}

/** The files in the table of a page. */
function filesIn(text: string): string[] {
  const rows = text.split('\n').filter(line => line.startsWith('| `'))
  return rows.flatMap(row => [...row.split(' | ')[0]!.matchAll(/`([^`]+)`/g)].map(([, file]) => file!))
}

describe('getting started', () => {
  it.for(['vue', 'nuxt'] as const)('with %s lists the files that `convue init` writes', async (name) => {
    const root = await mkdtemp(join(tmpdir(), 'convue-getting-started-'))
    onTestFinished(() => rm(root, { recursive: true }))
    await writeFiles(root, [], CREATED[name])
    const { changes } = createPlan(await detectApp(root), {})
    const written = changes.map(({ path }) => path).filter(path => !USUAL.includes(path))
    const listed = filesIn(pages.get(`docs/guides/getting-started-${name}.md`)!).filter(file => file !== '.convex-local')
    expect(listed.sort()).toEqual(written.sort())
  })
})
