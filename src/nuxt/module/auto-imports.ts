/** Adds the composables, components and server functions that an app uses without an import. */
import { addComponent, addImports, addServerImports, createResolver } from 'nuxt/kit'

type Exports = (keyof typeof import('convue'))[]

const composables = [
  'defineConvexQuery',
  'errorMessage',
  'insertAtBottomIfLoaded',
  'insertAtPosition',
  'insertAtTop',
  'isUnauthenticatedError',
  'optimisticallyRemoveValueFromPaginatedQuery',
  'optimisticallyUpdateValueInPaginatedQuery',
  'prefetchConvexQuery',
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
] as const satisfies Exports

const components = ['Authenticated', 'AuthLoading', 'AuthRefreshing', 'Unauthenticated'] as const satisfies Exports

const serverUtils = ['useConvexServer', 'requireConvexUser']

const { resolve } = createResolver(import.meta.url)

export function addAutoImports(): void {
  addImports(composables.map(name => ({ name, from: 'convue' })))
  for (const name of components)
    addComponent({ name, export: name, filePath: 'convue' })
  addServerImports(serverUtils.map(name => ({ name, from: resolve('../runtime/server/utils/use-convex-server') })))
}

/**
 * Must not be called if another module provides authentication, with composables of these names.
 */
export function addAuthImports(): void {
  addImports([
    { name: 'useAuthClient', from: resolve('../runtime/app/composables/use-auth-client') },
    { name: 'useUserSession', from: resolve('../runtime/app/composables/use-user-session') },
  ])
}
