import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from './examples.ts'

/** The library as an app has it: a package of its own, so that its modules find each other by their names. */
const PACKAGE = {
  name: 'convue',
  version: '0.0.0',
  type: 'module',
  exports: { '.': './src/index.ts', './nuxt': './src/nuxt/module.ts', './server': './src/server/index.ts', './testing': './src/testing/index.ts' },
}

/** Puts the sources of the library into an app, outside of `node_modules`: there, neither Node nor Vite takes TypeScript. */
export async function linkLibrary(app: string, filter: (path: string) => boolean = () => true): Promise<void> {
  const library = join(app, 'library')
  await rm(library, { recursive: true, force: true })
  await cp(join(ROOT, 'src'), join(library, 'src'), { recursive: true, filter })
  await writeFile(join(library, 'package.json'), JSON.stringify(PACKAGE))
  await mkdir(join(app, 'node_modules'), { recursive: true })
  await rm(join(app, 'node_modules/convue'), { force: true })
  await symlink('../library', join(app, 'node_modules/convue'), 'dir')
}
