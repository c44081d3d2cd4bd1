// What an app imports that uses everything of the core: `npm run size` bundles it with its peers left out.
export {
  createConvex,
  useAuthedQuery,
  useConvexAction,
  useConvexAuth,
  useConvexClient,
  useConvexConnectionState,
  useConvexMutation,
  useConvexQuery,
} from 'convue'
