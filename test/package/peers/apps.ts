/** The apps in which `npm run check:peers` installs the package. */
import { SUPPORTED_VERSIONS } from '../../../src/versions/supported-versions.ts'

/** An app whose packages a package manager must be able to install together. */
export interface App {
  /** The packages beside Convue and its required peers. */
  packages: Record<string, string>
  /** The page that Vite builds. */
  page: string
  /** A program for Node that uses the packages. */
  program: string
  /** Whether npm may install peers that conflict, as it does by default. By default, the check does not allow it. */
  allowsConflicts?: true
}

const { esbuild, jose, ws } = SUPPORTED_VERSIONS

function page(authClient: string): string {
  return `
  import { createConvex, useConvexQuery } from 'convue'
  import { createApp, h } from 'vue'
  ${authClient}
  const convex = createConvex({ url: 'https://happy-otter-123.convex.cloud'${authClient && ', authClient'} })
  createApp({ setup: () => () => h('p', String(useConvexQuery)) }).use(convex).mount('#app')`
}

function authClient(plugins: string): string {
  return `
  import { createAuthClient } from 'better-auth/vue'
  import { convexClient } from '${plugins}'
  const authClient = createAuthClient({ plugins: [convexClient()] })`
}

/** Runs a function on the embedded deployment. */
const START = `
  import assert from 'node:assert/strict'
  import { anyApi } from 'convex/server'
  import { startDeployment } from 'convue/testing'
  const deployment = await startDeployment({ functions: './convex' })
  assert.equal(await deployment.query(anyApi.numbers.one), 1)
  await deployment.close()`

const IMPORT = `
  import assert from 'node:assert/strict'
  import { createConvex } from 'convue'
  import { createConvexServer } from 'convue/server'
  assert.deepEqual([typeof createConvex, typeof createConvexServer], ['function', 'function'])`

/** A page that reads with the query options for another query library. */
function queryLibraryPage(entry: string, library: string, install: string): string {
  return `
  import { createConvex } from 'convue'
  import { convexQueryOptions } from '${entry}'
  import { anyApi } from 'convex/server'
  import { createApp, h } from 'vue'
  ${library}
  const convex = createConvex({ url: 'https://happy-otter-123.convex.cloud' })
  const app = createApp({ setup() {
    const { data } = useQuery(convexQueryOptions(anyApi.numbers.one, {}))
    return () => h('p', data.value)
  } })
  app.use(convex)${install}.mount('#app')`
}

const PINIA_COLADA_PAGE = queryLibraryPage(
  'convue/pinia-colada',
  'import { PiniaColada, useQuery } from \'@pinia/colada\'\n  import { createPinia } from \'pinia\'',
  '.use(createPinia()).use(PiniaColada)',
)

export const APPS: Record<string, App> = {
  'nothing-else': { packages: {}, page: page(''), program: IMPORT },
  'better-auth-1.6': {
    // The component requires React.
    packages: { 'better-auth': '1.6.34', '@convex-dev/better-auth': '0.12.5', 'react': '^19.0.0', esbuild, jose, ws },
    page: page(authClient('@convex-dev/better-auth/client/plugins')),
    program: START,
  },
  'better-auth-latest': {
    packages: { 'better-auth': 'latest', esbuild, jose, ws },
    page: page(authClient('convue/convex/client')),
    program: START,
  },
  'convex-test': {
    packages: { 'convex-test': 'latest', esbuild, jose, ws },
    page: page(''),
    program: `${START}
  import { convexTest } from 'convex-test'
  assert.equal(typeof convexTest, 'function')`,
  },
  'pinia-colada-oldest': {
    packages: { '@pinia/colada': SUPPORTED_VERSIONS['@pinia/colada'].replace('^', ''), 'pinia': '^3.0.0' },
    page: PINIA_COLADA_PAGE,
    program: IMPORT,
  },
  'pinia-colada-newest': {
    packages: { '@pinia/colada': SUPPORTED_VERSIONS['@pinia/colada'], 'pinia': 'latest', '@vue/devtools-api': 'latest' },
    page: PINIA_COLADA_PAGE,
    program: IMPORT,
  },
  'tanstack-query': {
    // Vue Query has an optional peer for Vue 2.6 only, @vue/composition-api, which `--strict-peer-deps` counts as a conflict.
    allowsConflicts: true,
    packages: { '@tanstack/vue-query': SUPPORTED_VERSIONS['@tanstack/vue-query'] },
    page: queryLibraryPage('convue/tanstack-query', 'import { useQuery, VueQueryPlugin } from \'@tanstack/vue-query\'', '.use(VueQueryPlugin)'),
    program: IMPORT,
  },
  // Versions that convue/testing cannot use, in an app that does not use it.
  'other-versions': {
    packages: { esbuild: '0.24.2', jose: '5.10.0', ws: '7.5.10' },
    page: page(''),
    program: `${IMPORT}
  import { startDeployment } from 'convue/testing'
  await assert.rejects(startDeployment({ functions: './convex' }), ({ code, why, fix }) => {
    assert.equal(code, 'VERSION_CONFLICT')
    assert.match(why, /^(?:esbuild 0\\.24\\.2|jose 5\\.10\\.0|ws 7\\.5\\.10) is installed, but Convue works with /)
    assert.match(fix, /^Run .npm install/)
    return true
  })`,
  },
}
