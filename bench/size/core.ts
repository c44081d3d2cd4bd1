// The imports of an app that uses the whole core. `npm run size` bundles them without the peers.
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
