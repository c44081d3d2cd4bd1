/** Checks that send requests to the deployment and to the page, without an account. */
import type { Answer } from './ask.ts'
import type { Check, CheckResult } from './check.ts'
import type { Finding } from './findings.ts'
import type { Project } from './project.ts'
import type { Target } from './target.ts'
import { ask, jsonOf } from './ask.ts'
import { finding } from './findings.ts'

/** An app, its deployment, and the origin of its page, if it is known. */
export interface LiveProject extends Project {
  target: Target
  pageOrigin: string | null
}

/** The origin where Better Auth runs; `null` if it is that of the page, which is not known. */
export function authServerOf({ target, pageOrigin, authRunsIn }: LiveProject): string | null {
  if (authRunsIn === 'app')
    return pageOrigin
  return target.siteUrl
}

/** With a larger difference, a token with a lifetime of a few minutes can be rejected. */
const MOST_SKEW_SECONDS = 30

export const DEPLOYMENT_CHECKS: Check<LiveProject>[] = [
  { name: 'deployment and clock', run: checkDeployment },
  { name: 'routes of Better Auth', run: checkRoutes },
  { name: 'Better Auth on the origin of the page', run: checkProxy },
  { name: 'pages on another domain', run: checkCors },
]

async function checkDeployment({ target: { url } }: LiveProject): Promise<Finding[]> {
  const answer = await ask(`${url}/version`)
  if (!answer.response?.ok)
    return [finding('DEPLOYMENT_UNREACHABLE', { url, answer: answer.summary })]
  const date = Date.parse(answer.response.headers.get('date') ?? '')
  const seconds = Math.round(Math.abs(Date.now() - date) / 1000)
  if (seconds > MOST_SKEW_SECONDS)
    return [finding('CLOCK_SKEW', { seconds: String(seconds), address: url })]
  return []
}

async function checkRoutes({ target, authPath, authRunsIn }: LiveProject): Promise<CheckResult> {
  if (authRunsIn === 'app')
    return { skipped: 'Better Auth runs in the server of the app' }
  const address = `${target.siteUrl}${authPath}/ok`
  const answer = await ask(address)
  if (isBetterAuth(answer))
    return []
  return [finding('AUTH_ROUTES_MISSING', { address, answer: answer.summary })]
}

async function checkProxy({ pageOrigin, origin, isCrossDomain, authPath }: LiveProject): Promise<CheckResult> {
  if (isCrossDomain)
    return { skipped: 'the page is on another domain than Better Auth' }
  if (pageOrigin === null)
    return { skipped: 'the origin of the page is not known: pass --origin' }
  const address = `${pageOrigin}${authPath}/ok`
  const answer = await ask(address)
  if (isBetterAuth(answer))
    return []
  if (answer.response === null && origin === null)
    return { skipped: `no server answers at ${pageOrigin}: start the app, or pass --origin` }
  return [finding('PROXY_MISSING', { address, answer: answer.summary })]
}

async function checkCors({ target, pageOrigin, isCrossDomain, authPath }: LiveProject): Promise<CheckResult> {
  if (!isCrossDomain)
    return { skipped: 'the page is on the domain of Better Auth' }
  if (pageOrigin === null)
    return { skipped: 'the origin of the page is not known: pass --origin' }
  const address = `${target.siteUrl}${authPath}/get-session`
  const answer = await ask(address, {
    method: 'OPTIONS',
    headers: {
      'origin': pageOrigin,
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'better-auth-cookie',
    },
  })
  const allowed = answer.response?.headers.get('access-control-allow-origin') ?? null
  if (allowed === pageOrigin)
    return []
  const reason = allowed === null ? answer.summary : `it allows ${allowed}`
  return [finding('CORS_MISSING', { address, origin: pageOrigin, answer: reason })]
}

function isBetterAuth(answer: Answer): boolean {
  return answer.response?.status === 200 && jsonOf(answer)?.ok === true
}
