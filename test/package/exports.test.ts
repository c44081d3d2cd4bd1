import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import * as client from '../../src/convex/client/index.ts'
import * as database from '../../src/convex/http-database/index.ts'
import * as convex from '../../src/convex/index.ts'
import * as dev from '../../src/dev/index.ts'
import * as convue from '../../src/index.ts'
import * as mock from '../../src/mock/index.ts'
import * as offline from '../../src/offline/index.ts'
import * as persist from '../../src/persist/index.ts'
import * as piniaColada from '../../src/pinia-colada/index.ts'
import * as server from '../../src/server/index.ts'
import * as sources from '../../src/sources/index.ts'
import * as tabs from '../../src/tabs/index.ts'
import * as tanstackQuery from '../../src/tanstack-query/index.ts'
import * as testing from '../../src/testing/index.ts'
import * as vite from '../../src/vite/index.ts'
import * as vitest from '../../src/vitest/index.ts'

describe('the exports that exist at run time', () => {
  it('of convue are exactly these', () => {
    expect(Object.keys(convue).sort()).toEqual([
      'AuthLoading',
      'AuthRefreshing',
      'Authenticated',
      'ConvueError',
      'IdentityChangedError',
      'Unauthenticated',
      'collectSsrData',
      'createConvex',
      'createConvexHooks',
      'defineConvexQuery',
      'errorMessage',
      'insertAtBottomIfLoaded',
      'insertAtPosition',
      'insertAtTop',
      'isUnauthenticatedError',
      'optimisticallyRemoveValueFromPaginatedQuery',
      'optimisticallyUpdateValueInPaginatedQuery',
      'prefetchConvexQuery',
      'restoreSsrData',
      'useAuthedPaginatedQuery',
      'useAuthedQuery',
      'useConvexAction',
      'useConvexAuth',
      'useConvexClaims',
      'useConvexClient',
      'useConvexConnectionState',
      'useConvexForm',
      'useConvexMutation',
      'useConvexOnline',
      'useConvexPaginatedQuery',
      'useConvexQueries',
      'useConvexQuery',
      'useConvexSignIn',
      'useConvexStorageUrl',
      'useConvexUpload',
      'useFilePreview',
      'usePrefetchConvexQuery',
      'usePreloadedQuery',
      'usePresence',
    ])
  })

  it('of convue/convex are exactly these', () => {
    expect(Object.keys(convex).sort()).toEqual([
      'ConvueError',
      'authError',
      'convex',
      'createMailer',
      'crossDomain',
      'defineAuthDatabase',
      'defineAuthFunctions',
      'defineKeyActions',
      'defineOfflineMutation',
      'getAuthConfigProvider',
      'hasRole',
      'offlineKeysTable',
      'registerAuthDatabaseRoute',
      'registerAuthRoutes',
      'wrapAuthApi',
    ])
  })

  it('of convue/convex/client are exactly these', () => {
    expect(Object.keys(client).sort()).toEqual([
      'convexClient',
      'crossDomainClient',
    ])
  })

  it('of convue/convex/database are exactly these', () => {
    expect(Object.keys(database).sort()).toEqual([
      'ConvueError',
      'convexDatabase',
    ])
  })

  it('of convue/dev are exactly these', () => {
    expect(Object.keys(dev).sort()).toEqual([
      'CLIENT_PATH',
      'EmbeddedDeployment',
      'createClientProxy',
      'findNetwork',
      'findTarget',
      'keepDeployment',
      'releaseKept',
      'reloadFunctions',
      'resolveOptions',
      'servePages',
      'serveRequests',
      'watchBranch',
    ])
  })

  it('of convue/server are exactly these', () => {
    expect(Object.keys(server).sort()).toEqual([
      'ConvueError',
      'createConvexServer',
    ])
  })

  it('of convue/testing are exactly these', () => {
    expect(Object.keys(testing).sort()).toEqual([
      'codegen',
      'signUp',
      'startDeployment',
    ])
  })

  it('of convue/persist are exactly these', () => {
    expect(Object.keys(persist).sort()).toEqual(['indexedDbStore'])
  })

  it('of convue/offline are exactly these', () => {
    expect(Object.keys(offline).sort()).toEqual(['indexedDbOutbox', 'useConvexOutbox'])
  })

  it('of convue/sources are exactly these', () => {
    expect(Object.keys(sources).sort()).toEqual(['auth0Source', 'clerkSource', 'convexAuthSource', 'oidcSource', 'workosSource'])
  })

  it('of convue/tabs are exactly these', () => {
    expect(Object.keys(tabs)).toEqual(['sharedTabs'])
  })

  it('of convue/tanstack-query and of convue/pinia-colada are exactly these', () => {
    expect(Object.keys(tanstackQuery)).toEqual(['convexQueryOptions'])
    expect(Object.keys(piniaColada)).toEqual(['convexQueryOptions'])
  })

  it('of convue/testing/mock are exactly these', () => {
    expect(Object.keys(mock).sort()).toEqual(['createMockConvex', 'pending'])
  })

  it('of convue/vite are exactly these', () => {
    expect(Object.keys(vite).sort()).toEqual(['convue', 'default'])
  })

  it('of convue/vitest are exactly these', () => {
    expect(Object.keys(vitest).sort()).toEqual(['createConvexTest', 'test'])
  })
})

describe('convue/convex/database', () => {
  it('loads neither the functions of Convex, nor globals for its runtime, nor modules of Node', async () => {
    const entry = fileURLToPath(new URL('../../src/convex/http-database/index.ts', import.meta.url))
    const { metafile } = await build({ entryPoints: [entry], bundle: true, write: false, metafile: true, platform: 'neutral', packages: 'external' })
    const inputs = Object.values(metafile.inputs)
    const packages = inputs.flatMap(({ imports }) => imports.filter(({ external }) => external).map(({ path }) => path))
    expect([...new Set(packages)].sort()).toEqual(['better-auth/adapters', 'convex/values'])
    expect(Object.keys(metafile.inputs).filter(file => /runtime|register/.test(file))).toEqual([])
  })
})

describe('convue/testing/mock', () => {
  it('runs in a page: it loads the plugin, Vue and Convex, and no module of Node', async () => {
    const entry = fileURLToPath(new URL('../../src/mock/index.ts', import.meta.url))
    const { metafile } = await build({ entryPoints: [entry], bundle: true, write: false, metafile: true, platform: 'neutral', packages: 'external' })
    const packages = Object.values(metafile.inputs).flatMap(({ imports }) => imports.filter(({ external }) => external).map(({ path }) => path))
    expect([...new Set(packages)].sort()).toEqual(['@vue/devtools-api', '@vueuse/core', 'convex/browser', 'convex/server', 'convex/values', 'vue'])
  })
})
