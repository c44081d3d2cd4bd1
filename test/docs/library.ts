import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from './examples.ts'

/** The library as a package of its own, as in an app, so that its modules import each other by name. */
const PACKAGE = {
  name: 'convue',
  version: '0.0.0',
  type: 'module',
  exports: { '.': './src/index.ts', './convex': './src/convex/index.ts', './convex/client': './src/convex/client/index.ts', './dev': './src/dev/index.ts', './nuxt': './src/nuxt/module.ts', './offline': './src/offline/index.ts', './persist': './src/persist/index.ts', './pinia-colada': './src/pinia-colada/index.ts', './server': './src/server/index.ts', './tabs': './src/tabs/index.ts', './tabs/worker': './src/tabs/worker/index.ts', './tanstack-query': './src/tanstack-query/index.ts', './testing': './src/testing/index.ts', './vite': './src/vite/index.ts', './vitest': './src/vitest/index.ts' },
}

/** Copies the sources of the library into an app, outside of `node_modules`, in which neither Node nor Vite loads TypeScript. */
export async function linkLibrary(app: string, filter: (path: string) => boolean = () => true): Promise<void> {
  const library = join(app, 'library')
  await rm(library, { recursive: true, force: true })
  await cp(join(ROOT, 'src'), join(library, 'src'), { recursive: true, filter })
  await writeFile(join(library, 'package.json'), JSON.stringify(PACKAGE))
  await mkdir(join(app, 'node_modules'), { recursive: true })
  await rm(join(app, 'node_modules/convue'), { force: true })
  await symlink('../library', join(app, 'node_modules/convue'), 'dir')
}
