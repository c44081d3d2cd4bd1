/** System calls about the caller, the request, the deployment and the transaction. */
import type { JSONValue } from 'convex/values'
import type { SignJwtOptions } from './signing-key.ts'
import type { Syscall } from './syscall.ts'
import { convexToJson } from 'convex/values'
import { printFunctionName } from './function-path.ts'
import { refuse } from './syscall.ts'

const getUserIdentity: Syscall = (invocation) => {
  const { execution } = invocation
  const { identity, authenticationError } = execution.origin
  if (authenticationError)
    throw authenticationError
  execution.readsIdentity = true
  // Components do not receive the identity of the app's users.
  if (identity === null || invocation.path.component !== '')
    return null
  const issuer = identity.issuer ?? 'https://convex.test'
  return { issuer, tokenIdentifier: `${issuer}|${identity.subject}`, ...identity } as JSONValue
}

const getFunctionMetadata: Syscall = ({ path }) => ({ name: printFunctionName(path), componentPath: path.component })

const getRequestMetadata: Syscall = ({ execution: { origin } }) => ({
  ip: origin.ip,
  userAgent: origin.userAgent,
  requestId: origin.requestId,
  scheduledFunctionId: origin.job?.id ?? null,
  authToken: origin.authToken,
})

const getDeploymentMetadata: Syscall = () => ({ name: 'convue', region: null, class: 'dev' })

const getSnapshotTs: Syscall = ({ execution }) => {
  execution.readsTime = true
  return convexToJson(execution.transaction!.snapshot)
}

const getTransactionMetrics: Syscall = ({ execution }) => execution.transaction!.metrics

const getServiceUrl: Syscall = (_invocation, { service }: { service: string }) =>
  refuseService('getServiceUrl', service)

const createServiceToken: Syscall = (_invocation, { service }: { service: string }) =>
  refuseService('getServiceToken', service)

/** A deployment that is not in Convex's cloud refuses these calls, too. */
function refuseService(method: string, service: string): never {
  return refuse(`\`${method}("${service}")\` is only available in Convex's cloud, which has this service. `
    + 'Here, call the provider of the model with your own key.')
}

const signJwt: Syscall = ({ path, execution }, options: SignJwtOptions, { signingKey, urls }) => {
  const { url } = urls()
  const issuer = path.component === '' ? url : `${url}/components/${path.component}`
  return signingKey.sign(options, { issuer, now: execution.transaction!.beginTime })
}

/** A deployment of Convex sends audit logs to a log stream, which the embedded deployment lacks. */
const auditLog: Syscall = () => null

export const metaSyscalls = {
  '1.0/getUserIdentity': getUserIdentity,
  '1.0/getFunctionMetadata': getFunctionMetadata,
  '1.0/getRequestMetadata': getRequestMetadata,
  '1.0/getDeploymentMetadata': getDeploymentMetadata,
  '1.0/getSnapshotTs': getSnapshotTs,
  '1.0/getTransactionMetrics': getTransactionMetrics,
  '1.0/getServiceUrl': getServiceUrl,
  '1.0/createServiceToken': createServiceToken,
  '1.0/signJwt': signJwt,
  '1.0/auditLog': auditLog,
} satisfies Record<string, Syscall>
