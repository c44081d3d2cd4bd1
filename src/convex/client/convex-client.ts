/** `convexClient()`: the client's part of the plugin `convex()`. */
import type { convex } from '../tokens/convex.ts'

/**
 * The plugin of Better Auth's client that belongs to `convex()` on the server. Adds
 * `authClient.convex.token()`.
 *
 * @example
 * export const authClient = createAuthClient({ plugins: [convexClient()] })
 */
export function convexClient(): { id: 'convex', $InferServerPlugin: ReturnType<typeof convex> } {
  return { id: 'convex', $InferServerPlugin: {} as ReturnType<typeof convex> }
}
