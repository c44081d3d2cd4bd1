/** Finds the auth client of the app, and bundles it with Convue. */
import type { Nuxt } from 'nuxt/schema'
import type { AuthProvider } from './auth-provider.ts'
import type { Layer } from './layers.ts'
import { addTemplate, createResolver, findPath } from 'nuxt/kit'

/**
 * The packages that Vite must optimize before the page loads. Otherwise, the development server
 * would discover them one by one and reload the page for each.
 */
const BUNDLED = ['convex/browser', 'convex/server', 'convex/values', 'convue > @vueuse/core']

/** The packages that `convue/persist` and `convue/offline` import. */
const STORAGE_PACKAGES = ['convue > idb']

/** The packages that the default auth client imports. */
const AUTH_PACKAGES = ['better-auth/vue']

const { resolve } = createResolver(import.meta.url)

/**
 * Returns the path of the file that exports `authClient`, without its extension. `null` if this
 * module uses no such file.
 */
export async function addAuthClient(
  nuxt: Nuxt,
  layers: Layer[],
  provider: AuthProvider,
  hasStorage: boolean,
): Promise<string | null> {
  const packages = [...BUNDLED, ...hasStorage ? STORAGE_PACKAGES : []]
  let file = await findOwnFile(layers)
  if (!file && (provider === 'convue' || provider === 'local')) {
    file = resolve('../runtime/app/utils/default-auth-client')
    packages.push(...AUTH_PACKAGES)
  }
  addTemplate({
    filename: 'convue/auth-client.mjs',
    write: true,
    getContents: () => templateOf(file, provider),
  })
  bundle(nuxt, packages)
  return file
}

/** Finds `app/auth-client.ts` in the project, or else in the first layer that has this file. */
async function findOwnFile(layers: Layer[]): Promise<string | null> {
  for (const { srcDir } of layers) {
    const file = await findPath('auth-client', { cwd: srcDir, extensions: ['.ts', '.js', '.mts', '.mjs'] })
    if (file)
      return file.replace(/\.[cm]?[jt]s$/, '')
  }
  return null
}

function templateOf(file: string | null, provider: AuthProvider): string {
  if (provider === 'nuxt-better-auth') {
    return 'import { useUserSession } from \'#imports\'\n'
      + 'export const findAuthClient = () => useUserSession().client ?? undefined\n'
  }
  if (!file)
    return 'export const findAuthClient = () => undefined\n'
  return `import { authClient } from ${JSON.stringify(file)}\nexport const findAuthClient = () => authClient\n`
}

/**
 * Makes Nuxt bundle Convue instead of importing it as a package. App and module then share one
 * instance of Convue, and a build omits unused exports.
 */
function bundle(nuxt: Nuxt, packages: string[]): void {
  nuxt.options.build.transpile.push('convue', resolve('../runtime'))
  nuxt.hook('vite:extendConfig', (vite) => {
    const mutable = vite as { optimizeDeps?: { include?: string[], exclude?: string[] } }
    mutable.optimizeDeps ??= {}
    const { include = [], exclude = [] } = mutable.optimizeDeps
    mutable.optimizeDeps.include = [...include, ...packages]
    mutable.optimizeDeps.exclude = [...exclude, 'convue']
  })
}
