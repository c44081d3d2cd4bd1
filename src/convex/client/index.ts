/** The public exports of `convue/convex/client`: plugins of Better Auth's client in the browser. */
export { convexClient } from './convex-client.ts'
