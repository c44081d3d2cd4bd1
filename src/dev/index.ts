/** The public exports of `convue/dev`. */
export { keepDeployment, releaseKept } from './kept-deployments.ts'
export { acquireDeployment, type LocalDeployment, type LocalOptions } from './local-deployment.ts'
export { type DevOptions, resolveOptions } from './options.ts'
export { reloadFunctions } from './reload-functions.ts'
export { findTarget, type Target, type TargetNames, type TargetVariables } from './target.ts'
