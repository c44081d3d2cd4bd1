/** Checks the cookies of Better Auth. A sign-out without a session sets them, too. */
import type { Check, CheckResult } from './check.ts'
import type { LiveProject } from './deployment-checks.ts'
import type { Finding } from './findings.ts'
import { ask } from './ask.ts'
import { authServerOf } from './deployment-checks.ts'
import { finding } from './findings.ts'

export const COOKIE_CHECKS: Check<LiveProject>[] = [{ name: 'cookies', run: checkCookies }]

async function checkCookies(project: LiveProject): Promise<CheckResult> {
  const { pageOrigin, isCrossDomain, authPath } = project
  if (isCrossDomain)
    return { skipped: 'pages on another domain have no cookies' }
  if (pageOrigin === null)
    return { skipped: 'the origin of the page is not known: pass --origin' }
  const { response, summary } = await ask(`${authServerOf(project)}${authPath}/sign-out`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'origin': pageOrigin },
    body: '{}',
  })
  const cookies = response?.headers.getSetCookie() ?? []
  const [session] = cookies.filter(cookie => /^[^=]*session_token=/.test(cookie))
  if (session === undefined)
    return { skipped: `a sign-out does not set cookies: ${summary}` }
  return checkSessionCookie(session, pageOrigin)
}

function checkSessionCookie(cookie: string, origin: string): Finding[] {
  const [pair = '', ...attributes] = cookie.split(';').map(part => part.trim())
  const name = pair.split('=')[0]!
  const has = (attribute: string): boolean => attributes.some(part => part.toLowerCase() === attribute)
  const isHttps = origin.startsWith('https:')
  const set = `Set SITE_URL, which is the \`baseURL\` of Better Auth, to ${origin}`
  const findings: Finding[] = []
  if (isHttps && !has('secure'))
    findings.push(finding('COOKIE_NOT_SECURE', { name, origin, set }))
  if (!isHttps && has('secure'))
    findings.push(finding('COOKIE_SECURE_ON_HTTP', { name, origin, set }))
  if (!has('httponly'))
    findings.push(finding('COOKIE_NOT_HTTP_ONLY', { name }))
  return findings
}
