import { describe, expect, it } from 'vitest'
import * as convue from '../../src/index.ts'
import * as server from '../../src/server/index.ts'
import * as testing from '../../src/testing/index.ts'

describe('what can be imported when an app runs', () => {
  it('from convue is this and no more', () => {
    expect(Object.keys(convue).sort()).toEqual([
      'AuthLoading',
      'AuthRefreshing',
      'Authenticated',
      'ConvueError',
      'IdentityChangedError',
      'Unauthenticated',
      'createConvex',
      'defineConvexQuery',
      'insertAtBottomIfLoaded',
      'insertAtPosition',
      'insertAtTop',
      'optimisticallyRemoveValueFromPaginatedQuery',
      'optimisticallyUpdateValueInPaginatedQuery',
      'prefetchConvexQuery',
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

  it('from convue/server is this and no more', () => {
    expect(Object.keys(server).sort()).toEqual([
      'ConvueError',
      'createConvexServer',
    ])
  })

  it('from convue/testing is this and no more', () => {
    expect(Object.keys(testing).sort()).toEqual([
      'codegen',
      'signUp',
      'startDeployment',
    ])
  })
})
