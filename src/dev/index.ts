/** The public exports of `convue/dev`. */
export { watchBranch } from './branch-data.ts'
export { EmbeddedDeployment } from './embedded-deployment.ts'
export { keepDeployment, releaseKept } from './kept-deployments.ts'
export type { LocalDeployment, LocalOptions } from './local-deployment.ts'
export { type DevOptions, resolveOptions } from './options.ts'
export { reloadFunctions } from './reload-functions.ts'
export { serveMailbox } from './serve-mailbox.ts'
export { findTarget, type Target, type TargetNames, type TargetVariables } from './target.ts'
