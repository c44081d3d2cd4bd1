/** The paths of a deployment that its clients request, without those of its command line. */

/**
 * The socket of `ConvexClient`, the functions for `ConvexHttpClient`, and the stored files, as the
 * source of a regular expression. None of them matches a path that contains `..`,
 * which could lead to another path.
 */
export const CLIENT_PATHS
  = '^/api/(?:[\\w.-]+/sync|query|query_ts|query_at_ts|mutation|action|storage/[\\w-]+)(?:\\?|$)'
