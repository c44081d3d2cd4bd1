/** Runs all checks of `convue doctor`. */
import type { Check, CheckResult } from './check.ts'
import type { Finding, FindingId } from './findings.ts'
import type { DoctorOptions, Project } from './project.ts'
import type { OpenedTarget } from './target.ts'
import { COOKIE_CHECKS } from './cookie-checks.ts'
import { DEPLOYMENT_CHECKS } from './deployment-checks.ts'
import { FILE_CHECKS } from './file-checks.ts'
import { PACKAGE_CHECKS } from './package-checks.ts'
import { readProject } from './project.ts'
import { SETTING_CHECKS } from './setting-checks.ts'
import { SIGN_IN_CHECKS } from './sign-in-checks.ts'
import { openTarget } from './target.ts'

/** What was checked, and what was found. */
export interface Diagnosis {
  /** The deployment, and whether it runs inside of a process of this machine. */
  deployment: { kind: 'embedded' | 'remote', url: string | null }
  findings: Finding[]
  /** The names of the checks without a finding. */
  passed: string[]
  skipped: { check: string, why: string }[]
}

/** With these mistakes, all later checks would fail for the same reason. */
const BLOCKING_FINDINGS: { id: FindingId, why: string }[] = [
  { id: 'DEPLOYMENT_UNREACHABLE', why: 'the deployment does not answer' },
  { id: 'AUTH_ROUTES_MISSING', why: 'Better Auth does not answer' },
]

const STATIC_CHECKS = [...PACKAGE_CHECKS, ...FILE_CHECKS, ...SETTING_CHECKS]
const LIVE_CHECKS = [...DEPLOYMENT_CHECKS, ...COOKIE_CHECKS, ...SIGN_IN_CHECKS]

/** With a wrong address, all requests would fail for the same reason. */
const ADDRESS_FINDINGS: FindingId[] = [
  'URL_INVALID',
  'URL_IS_SITE_URL',
  'SITE_URL_IS_URL',
  'SITE_URL_WRONG',
  'SITE_URL_INVALID',
]

export async function diagnose(options: DoctorOptions): Promise<Diagnosis> {
  const project = await readProject(options)
  const diagnosis: Diagnosis = {
    deployment: deploymentOf(project),
    findings: [],
    passed: [],
    skipped: [],
  }
  await runChecks(diagnosis, STATIC_CHECKS, project)
  await runLiveChecks(diagnosis, project)
  return diagnosis
}

function deploymentOf({ isEmbedded, running, appUrl }: Project): Diagnosis['deployment'] {
  if (isEmbedded)
    return { kind: 'embedded', url: running?.url ?? null }
  return { kind: 'remote', url: appUrl!.value }
}

async function runLiveChecks(diagnosis: Diagnosis, project: Project): Promise<void> {
  const opened = await open(diagnosis, project)
  if (opened.kind === 'none') {
    diagnosis.skipped.push(...LIVE_CHECKS.map(({ name }) => ({ check: name, why: opened.why })))
    return
  }
  if (opened.kind === 'invalid') {
    addResult(diagnosis, 'functions', opened.findings)
    return
  }
  const { target } = opened
  try {
    const { origin, running, isEmbedded } = project
    const pageOrigin = origin ?? (running && isEmbedded ? running.origin : null)
    await runChecks(diagnosis, LIVE_CHECKS, { ...project, target, pageOrigin })
  }
  finally {
    await target.copy?.close()
  }
}

async function open(diagnosis: Diagnosis, project: Project): Promise<OpenedTarget> {
  if (diagnosis.findings.some(({ id }) => ADDRESS_FINDINGS.includes(id)))
    return { kind: 'none', why: 'the addresses must be corrected first' }
  return await openTarget(project)
}

async function runChecks<Context>(diagnosis: Diagnosis, checks: Check<Context>[], context: Context): Promise<void> {
  for (const { name, run } of checks)
    addResult(diagnosis, name, skipBlocked(diagnosis) ?? await run(context))
}

function skipBlocked({ findings }: Diagnosis): { skipped: string } | null {
  const blocking = BLOCKING_FINDINGS.find(({ id }) => findings.some(finding => finding.id === id))
  if (!blocking)
    return null
  return { skipped: blocking.why }
}

/** Two checks may find the same mistake. */
function addResult(diagnosis: Diagnosis, name: string, result: CheckResult): void {
  if (!Array.isArray(result)) {
    diagnosis.skipped.push({ check: name, why: result.skipped })
    return
  }
  if (result.length === 0)
    diagnosis.passed.push(name)
  const known = diagnosis.findings.map(({ id, what }) => id + what)
  diagnosis.findings.push(...result.filter(({ id, what }) =>
    !known.includes(id + what) && !(id === 'SITE_URL_NOT_ORIGIN' && known.some(text => text.startsWith(id)))))
}
