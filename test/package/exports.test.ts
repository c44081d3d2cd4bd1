import { describe, expect, it } from 'vitest'
import * as client from '../../src/convex/client/index.ts'
import * as convex from '../../src/convex/index.ts'
import * as convue from '../../src/index.ts'
import * as server from '../../src/server/index.ts'
import * as testing from '../../src/testing/index.ts'

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
      'defineConvexQuery',
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
      'useConvexClient',
      'useConvexConnectionState',
      'useConvexMutation',
      'useConvexPaginatedQuery',
      'useConvexQueries',
      'useConvexQuery',
      'useConvexStorageUrl',
      'useConvexUpload',
      'useFilePreview',
      'usePrefetchConvexQuery',
      'usePreloadedQuery',
    ])
  })

  it('of convue/convex are exactly these', () => {
    expect(Object.keys(convex).sort()).toEqual([
      'ConvueError',
      'authError',
      'convex',
      'crossDomain',
      'defineAuthDatabase',
      'defineAuthFunctions',
      'defineKeyActions',
      'getAuthConfigProvider',
      'hasRole',
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
})
