/** One real sign-up, token and authenticated query, with an account that is deleted afterwards. */
import type { Answer } from './ask.ts'
import type { Check, CheckResult } from './check.ts'
import type { LiveProject } from './deployment-checks.ts'
import type { Finding } from './findings.ts'
import { randomBytes, randomUUID } from 'node:crypto'
import { readClaims } from '../../shared/jwt.ts'
import { ask, jsonOf } from './ask.ts'
import { authServerOf } from './deployment-checks.ts'
import { finding } from './findings.ts'
import { setServerSiteUrl, setSiteUrl } from './setting-checks.ts'

export const SIGN_IN_CHECKS: Check<LiveProject>[] = [
  { name: 'sign-up, token and authenticated query', run: checkSignIn },
  { name: 'public keys', run: checkKeys },
]

/** The algorithms of custom tokens that Convex accepts. */
const ALGORITHMS = ['ES256', 'RS256']

/** Better Auth's codes for an app whose users sign in another way. */
const PASSWORDS_DISABLED = /EMAIL_PASSWORD(?:_SIGN_UP)?_(?:IS_)?(?:DISABLED|NOT_ENABLED)|not enabled|is disabled/i

/** A request to Better Auth with the cookies of the account. */
type Send = (path: string, body?: object) => Promise<Answer>

async function checkSignIn(project: LiveProject): Promise<CheckResult> {
  const { target, signIn, authRunsIn, pageOrigin } = project
  if (authRunsIn === 'app' && pageOrigin === null)
    return { skipped: 'Better Auth runs in the server of the app: pass --origin and --sign-in' }
  if (!signIn && (target.copy === null || authRunsIn === 'app')) {
    const refused = authRunsIn === 'app' && await checkServerOrigin(project)
    return refused || { skipped: 'it would create an account for a moment: pass --sign-in' }
  }
  const email = `convue-doctor-${randomUUID()}@example.com`
  const password = randomBytes(24).toString('base64url')
  const send = createSender(project)
  const signedUp = await send('/sign-up/email', { name: 'Convue doctor', email, password })
  if (!signedUp.response?.ok)
    return explainRefusal(project, signedUp)
  if (!jsonOf(signedUp)?.token)
    return keepAccount(project, email, 'it must be verified by e-mail before it can sign in')
  const findings = await checkToken(project, send)
  return [...findings, ...await deleteAccount(project, { send, email, password })]
}

/**
 * Sends a request without an effect, for which Better Auth in the app checks the origin: a sign-out
 * with a cookie that belongs to no session.
 */
async function checkServerOrigin({ pageOrigin, authPath, serverSiteUrl }: LiveProject): Promise<Finding[] | null> {
  const answer = await ask(`${pageOrigin}${authPath}/sign-out`, {
    method: 'POST',
    headers: { 'origin': pageOrigin!, 'content-type': 'application/json', 'cookie': 'convue-doctor=1' },
    body: '{}',
  })
  if (!isWrongOrigin(answer))
    return null
  return [wrongServerOrigin(pageOrigin!, serverSiteUrl)]
}

function isWrongOrigin({ response, text }: Answer): boolean {
  return response?.status === 403 && /origin/i.test(text)
}

function wrongServerOrigin(origin: string, siteUrl: string | null): Finding {
  const set = setServerSiteUrl(origin)
  return finding('SITE_URL_NOT_ORIGIN', { siteUrl: siteUrl ?? 'another address', origin, set })
}

function explainRefusal(project: LiveProject, answer: Answer): CheckResult {
  const { pageOrigin, env, authRunsIn, serverSiteUrl } = project
  if (PASSWORDS_DISABLED.test(answer.text))
    return { skipped: 'users do not sign up with an e-mail address and a password' }
  if (isWrongOrigin(answer)) {
    const origin = originOf(pageOrigin, env)
    if (authRunsIn === 'app')
      return [wrongServerOrigin(origin, serverSiteUrl)]
    const siteUrl = env.SITE_URL ?? 'another address'
    return [finding('SITE_URL_NOT_ORIGIN', { siteUrl, origin, set: setSiteUrl(project, origin) })]
  }
  return [finding('SIGN_UP_FAILED', { answer: answer.summary })]
}

async function checkToken({ target, authPath }: LiveProject, send: Send): Promise<Finding[]> {
  const answer = await send('/convex/token')
  const claims = readClaims(jsonOf(answer)?.token)
  if (claims === null)
    return [finding('TOKEN_MISSING', { address: `${authPath}/convex/token`, answer: answer.summary })]
  const token: string = jsonOf(answer)!.token
  // A function that does not exist is enough, since the deployment verifies the token before it
  // looks for the function.
  const [path = 'convueDoctor:probe'] = await findQueries(target)
  const query = await ask(`${target.url}/api/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'authorization': `Bearer ${token}` },
    body: JSON.stringify({ path, args: {}, format: 'json' }),
  })
  if (query.response !== null && query.response.status !== 401)
    return []
  if (jsonOf(query)?.code === 'NoAuthProvider')
    return [finding('ISSUER_WRONG', { iss: String(claims.iss), aud: String(claims.aud) })]
  return [finding('TOKEN_REFUSED', { answer: query.summary })]
}

/**
 * The public queries without arguments. Only a copy of the embedded deployment can list them, since
 * its admin key is known.
 */
async function findQueries({ copy }: LiveProject['target']): Promise<string[]> {
  if (copy === null)
    return []
  const answer = await ask(`${copy.url}/api/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'authorization': `Convex ${copy.adminKey}` },
    body: JSON.stringify({ path: '_system/cli/modules:apiSpec', args: {}, format: 'json' }),
  })
  const functions: Record<string, any>[] = jsonOf(answer)?.value ?? []
  return functions
    .filter(({ functionType, visibility, args }) => functionType === 'Query' && visibility.kind === 'public'
      && args.type === 'object' && Object.keys(args.value).length === 0)
    .map(({ identifier }) => identifier.replace('.js:', ':'))
}

async function deleteAccount(
  project: LiveProject,
  { send, email, password }: { send: Send, email: string, password: string },
): Promise<Finding[]> {
  // An account of the copy is deleted with the copy.
  if (project.target.copy !== null)
    return []
  const answer = await send('/delete-user', { password })
  if (answer.response?.ok)
    return []
  return [finding('ACCOUNT_NOT_DELETED', { email, answer: answer.summary })]
}

function keepAccount({ target }: LiveProject, email: string, answer: string): CheckResult {
  if (target.copy !== null)
    return { skipped: 'new accounts must be verified by e-mail' }
  return [finding('ACCOUNT_NOT_DELETED', { email, answer })]
}

async function checkKeys(project: LiveProject): Promise<CheckResult> {
  const server = authServerOf(project)
  if (server === null)
    return { skipped: 'Better Auth runs in the server of the app: pass --origin' }
  const address = `${server}${project.authPath}/convex/jwks`
  const answer = await ask(address)
  const keys: { alg?: string, crv?: string }[] | undefined = jsonOf(answer)?.keys
  if (!answer.response?.ok || !Array.isArray(keys))
    return [finding('JWKS_UNREACHABLE', { address, answer: answer.summary })]
  const algorithms = keys.map(({ alg, crv }) => alg ?? crv ?? 'an unknown algorithm')
  const wrong = algorithms.filter(algorithm => !ALGORITHMS.includes(algorithm))
  if (wrong.length === 0)
    return []
  return [finding('JWKS_ALGORITHM', { algorithms: wrong.join(', '), address })]
}

/** The origin that requests of the page have. */
function originOf(pageOrigin: string | null, env: Record<string, string>): string {
  return pageOrigin ?? env.SITE_URL ?? 'http://localhost:5173'
}

function createSender(project: LiveProject): Send {
  const { pageOrigin, env, authPath } = project
  const server = authServerOf(project)
  const cookies = new Map<string, string>()
  return async (path, body) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await ask(`${server}${authPath}${path}`, {
      headers: {
        'origin': originOf(pageOrigin, env),
        'content-type': 'application/json',
        // The header replaces the cookies for pages on another domain.
        ...cookie && { cookie, 'better-auth-cookie': cookie },
      },
      ...body && { method: 'POST', body: JSON.stringify(body) },
    })
    for (const setCookie of answer.response?.headers.getSetCookie() ?? [])
      storeCookie(cookies, setCookie)
    for (const setCookie of answer.response?.headers.get('set-better-auth-cookie')?.split(/,(?=[^;,=]+=)/) ?? [])
      storeCookie(cookies, setCookie.trim())
    return answer
  }
}

function storeCookie(cookies: Map<string, string>, setCookie: string): void {
  const [pair = ''] = setCookie.split(';')
  cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
}
