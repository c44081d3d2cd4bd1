/** The deployment that `convue doctor` checks: a real one, or a copy of the embedded one. */
import type { Deployment } from '../../testing/index.ts'
import type { Finding } from './findings.ts'
import type { Project } from './project.ts'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ConvueError } from '../../errors/convue-error.ts'
import { codegen, startDeployment } from '../../testing/index.ts'
import { findPackage } from '../../versions/installed-package.ts'
import { randomSecret } from '../random-secret.ts'
import { finding } from './findings.ts'
import { siteUrlOf, trim } from './setting-checks.ts'

/** A deployment that is running, so that the checks can send requests to it. */
export interface Target {
  url: string
  siteUrl: string
  /**
   * A deployment with the functions and the variables of the app, and without its data. An account
   * that signs up there is deleted with it. `null` for a real deployment.
   */
  copy: Deployment | null
}

export type OpenedTarget
  = | { kind: 'open', target: Target }
    | { kind: 'invalid', findings: Finding[] }
    | { kind: 'none', why: string }

/** The deployment sets these variables itself. */
const OWN_VARIABLES = ['CONVEX_CLOUD_URL', 'CONVEX_SITE_URL']

export async function openTarget(project: Project): Promise<OpenedTarget> {
  return project.isEmbedded ? await openCopy(project) : openRemote(project)
}

function openRemote({ appUrl, appSiteUrl }: Project): OpenedTarget {
  const url = trim(appUrl!.value).replace(/\.convex\.site$/, '.convex.cloud')
  const siteUrl = siteUrlOf(url) ?? (appSiteUrl && trim(appSiteUrl.value))
  if (!URL.canParse(url))
    return { kind: 'none', why: 'the address of the deployment is not valid' }
  if (!siteUrl)
    return { kind: 'none', why: `the address of the HTTP actions of ${url} is not known: pass --site-url` }
  return { kind: 'open', target: { url, siteUrl, copy: null } }
}

async function openCopy({ root, functions, has, env, origin }: Project): Promise<OpenedTarget> {
  if (!has.functions)
    return { kind: 'none', why: 'there are no functions' }
  if (['esbuild', 'ws'].some(name => !findPackage(name, root)))
    return { kind: 'none', why: 'packages of the embedded deployment are missing' }
  const variables = Object.entries(env).filter(([name]) => !OWN_VARIABLES.includes(name))
  try {
    if (!existsSync(join(functions, '_generated')))
      await codegen({ functions })
    const copy = await startDeployment({
      functions,
      limits: false,
      siteUrl: origin ?? env.SITE_URL ?? 'http://localhost:5173',
      env: {
        ...Object.fromEntries(variables),
        // Another check reports an empty secret, so the copy gets a valid one for the other checks.
        ...env.BETTER_AUTH_SECRET?.trim() === '' && { BETTER_AUTH_SECRET: randomSecret() },
      },
    })
    return { kind: 'open', target: { url: copy.url, siteUrl: copy.siteUrl, copy } }
  }
  catch (error) {
    if (!(error instanceof ConvueError))
      throw error
    return { kind: 'invalid', findings: [explainStart(error)] }
  }
}

function explainStart({ why, fix }: ConvueError): Finding {
  const isAboutKeys = /JWKS|jwks|signed/.test(why)
  if (isAboutKeys)
    return finding('STATIC_KEYS_MISSING', { problem: why })
  return finding('FUNCTIONS_FAIL', { problem: why, fix })
}
