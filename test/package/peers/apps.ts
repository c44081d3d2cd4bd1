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
