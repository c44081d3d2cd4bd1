/** The public exports of `convue/vitest`. */
export { type ConvexFixtures, createConvexTest, test } from './create-convex-test.ts'
export type { MountedPage, MountOptions } from './pages.ts'
