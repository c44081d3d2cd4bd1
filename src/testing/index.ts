/** The public exports of `convue/testing`. */
export { codegen, type CodegenOptions } from './codegen.ts'
export type { CallOptions, Deployment, DeploymentOptions } from './deployment.ts'
export type { Identity } from './identity.ts'
export type { Connection, LogEntry } from './log.ts'
export { type SignedUpUser, signUp, type SignUpOptions, type TestAuthClient } from './sign-up.ts'
export { startDeployment } from './start-deployment.ts'
