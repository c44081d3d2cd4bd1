/** The public exports of `convue/vitest`. */
export { type ConvexFixtures, createConvexTest, type MountedPage, type MountOptions, test } from './create-convex-test.ts'
