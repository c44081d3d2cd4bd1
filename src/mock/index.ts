/** The public exports of `convue/testing/mock`. */
export type { Answer, MockCaller, MockUser } from './answers.ts'
export { createMockConvex } from './create-mock-convex.ts'
export type { MockConvex, MockConvexOptions } from './create-mock-convex.ts'
export type { MockCall } from './mock-deployment.ts'
export { pending } from './pending.ts'
