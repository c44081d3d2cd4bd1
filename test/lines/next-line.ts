/** Copies this repository so that `better-auth` is the newer version that Convue supports. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Inside of the repository, so that packages without an alias are found in its `node_modules`. */
const FOLDER = join(ROOT, '.lines/next')

const COMPONENT = 'node_modules/@convex-dev/better-auth'

/** The bundled entries of Convue in the folder `dist` of the component. */
const BUNDLES = { 'convue/server.js': 'src/convex/index.ts', 'convue/client.js': 'src/convex/client/index.ts' }

/** Modules of the component that the copy replaces with modules that use the plugins of Convue. */
const REPLACED: Record<string, string> = {
  'plugins/convex/index.js': `
    import { convex as convueConvex } from '../../convue/server.js'
    export const JWT_COOKIE_NAME = 'convex_jwt'
    export const convex = ({ jwt, jwks }) => convueConvex({ jwt, jwks })`,
  'plugins/convex/client.js': 'export { convexClient } from \'../../convue/client.js\'',
  'plugins/cross-domain/index.js': 'export { crossDomain } from \'../../convue/server.js\'',
  'plugins/cross-domain/client.js': 'export { crossDomainClient } from \'../../convue/client.js\'',
  'auth-config.js': 'export { getAuthConfigProvider } from \'./convue/server.js\'',
}

/**
 * `@convex-dev/better-auth` 0.12 supports only Better Auth 1.6. These changes make its tables work
 * with 1.7. Without them, it imports a module that 1.7 no longer has, and refuses an argument that
 * only 1.7 passes. Apps cannot use this copy; the tests only need a database that several
 * threads share.
 */
const CHANGED: Record<string, (code: string) => string> = {
  'auth-options.js': code => code
    .replace(/^import \{ (?:oidcProvider|convex) \}.*\n/gm, '')
    .replace(/ {8}oidcProvider\(\{.*?\n {8}\}\),\n/s, '')
    .replace(/ {8}convex\(\{.*?\n {8}\}\),\n/s, ''),
  'client/adapter.js': code => code
    .replace('export const convexAdapter = (ctx, api, config = {}) => {', `
const withoutModelKey = ({ modelKey, input, ...args }) => ({ ...args, ...(input && { input: withoutModelKey(input) }) });
const withoutModelKeys = (ctx) => ({
    ...ctx,
    runQuery: (reference, args) => ctx.runQuery(reference, withoutModelKey(args)),
    ...("runMutation" in ctx && { runMutation: (reference, args) => ctx.runMutation(reference, withoutModelKey(args)) }),
});
export const convexAdapter = (outerCtx, api, config = {}) => {
    const ctx = withoutModelKeys(outerCtx);`),
}

/** Creates the copy, and returns its folder. Files that git ignores are not part of it. */
export function createNextLine(): string {
  rmSync(FOLDER, { recursive: true, force: true })
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
  for (const file of files.split('\0').filter(file => file && existsSync(join(ROOT, file))))
    copy(file, file)
  for (const modules of ['node_modules', 'playground/node_modules', 'bench/node_modules', 'test/support/browser/chromium/node_modules'])
    linkPackages(modules)
  link('node_modules/better-auth-next', 'node_modules/better-auth')
  copy(COMPONENT, COMPONENT)
  for (const [outfile, entry] of Object.entries(BUNDLES)) {
    buildSync({
      entryPoints: [join(FOLDER, entry)],
      outfile: join(FOLDER, COMPONENT, 'dist', outfile),
      bundle: true,
      format: 'esm',
      platform: 'neutral',
      packages: 'external',
    })
  }
  for (const [file, code] of Object.entries(REPLACED))
    writeFileSync(join(FOLDER, COMPONENT, 'dist', file), code)
  for (const [file, change] of Object.entries(CHANGED))
    changeFile(join(FOLDER, COMPONENT, 'dist', file), change)
  return FOLDER
}

function changeFile(file: string, change: (code: string) => string): void {
  const before = readFileSync(file, 'utf8')
  const after = change(before)
  if (before === after)
    throw new Error(`${file} has changed: test/lines/next-line.ts no longer matches it.`)
  writeFileSync(file, after)
}

/** Links all packages of a folder, except Better Auth and the component, which are not the same. */
function linkPackages(modules: string): void {
  if (!existsSync(join(ROOT, modules)))
    return
  for (const name of readdirSync(join(ROOT, modules))) {
    if (name === 'better-auth' || name === '.cache' || name.startsWith('.vite'))
      continue
    if (!name.startsWith('@')) {
      link(join(modules, name), join(modules, name))
      continue
    }
    for (const scoped of readdirSync(join(ROOT, modules, name))) {
      const path = join(modules, name, scoped)
      if (path !== COMPONENT)
        link(path, path)
    }
  }
}

function link(target: string, path: string): void {
  mkdirSync(dirname(join(FOLDER, path)), { recursive: true })
  symlinkSync(join(ROOT, target), join(FOLDER, path))
}

function copy(from: string, to: string): void {
  cpSync(join(ROOT, from), join(FOLDER, to), { recursive: true })
}
