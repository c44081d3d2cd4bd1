/** Runs the steps of `convue init`, with its output and its question. */
import type { SpinnerResult } from '@clack/prompts'
import type { App } from './app.ts'
import type { Plan } from './plan.ts'
import { relative } from 'node:path'
import process from 'node:process'
import { cancel, confirm, intro, isCancel, log, outro, spinner } from '@clack/prompts'
import { devError } from '../../dev/dev-error.ts'
import { detectApp } from './app.ts'
import { commandOf, installPackages, writeFiles, writeTypes } from './apply-plan.ts'
import { requireVersions, warnAboutVersions } from './check-versions.ts'
import { createPlan } from './create-plan.ts'
import { describeChanges, describeManual } from './show-plan.ts'

/** The arguments of `convue init`. */
export interface InitOptions {
  folder: string
  auth?: string | undefined
  /** `true` changes files without a question. */
  yes: boolean
  /** `true` only shows the changes. */
  dryRun: boolean
  install: boolean
  overwrite: boolean
}

/**
 * Adds Convex to an app, after it has shown the changes.
 *
 * @throws ConvueError `APP_NOT_FOUND`, `INIT_OPTION_INVALID`, `INIT_AUTH_EXISTS`,
 * `INIT_NOT_CONFIRMED`, `INSTALL_FAILED`, `VERSION_CONFLICT`
 */
export async function runInit({ folder, auth, yes, dryRun, install, overwrite }: InitOptions): Promise<void> {
  const app = await detectApp(folder)
  requireVersions(app)
  const plan = createPlan(app, { auth, overwrite })
  intro('convue init')
  log.info(describeApp(plan))
  if (plan.changes.length === 0) {
    showManual(plan)
    outro('There is nothing to change.')
    return
  }
  log.step(`Changes\n${describeChanges(plan).join('\n')}`)
  showManual(plan)
  if (dryRun) {
    outro('Nothing was changed, because of --dry-run.')
    return
  }
  if (!yes && !await isConfirmed()) {
    cancel('Nothing was changed.')
    return
  }
  writeFiles(plan)
  if (install) {
    await installWithProgress(app)
    for (const warning of warnAboutVersions(app))
      log.warn(warning)
  }
  outro(describeNextSteps(plan, install))
}

const FRAMEWORK_NAMES = { vite: 'Vue with Vite', nuxt: 'Nuxt' }
const LANGUAGE_NAMES = { ts: 'TypeScript', js: 'JavaScript' }

function describeApp({ app: { framework, language, agent, packages, hasPinia }, auth }: Plan): string {
  const parts: string[] = [FRAMEWORK_NAMES[framework], LANGUAGE_NAMES[language]]
  if (framework === 'vite' && 'vue-router' in packages)
    parts.push('vue-router')
  if (hasPinia)
    parts.push('Pinia')
  const places = {
    local: 'Better Auth in your own Convex tables',
    component: 'Better Auth in the component @convex-dev/better-auth',
    nuxt: 'Better Auth on the server of the app',
  }
  return [...parts, agent, places[auth]].join(', ')
}

function showManual({ manual }: Plan): void {
  if (manual.length > 0)
    log.warn(`These files are left to you\n${describeManual(manual).join('\n')}`)
}

/** @throws ConvueError `INIT_NOT_CONFIRMED` if it cannot ask. */
async function isConfirmed(): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw devError('INIT_NOT_CONFIRMED')
  const answer = await confirm({ message: 'Make these changes?' })
  return !isCancel(answer) && answer
}

async function installWithProgress(app: App): Promise<void> {
  const command = commandOf(app, 'install').join(' ')
  const progress = startProgress(command)
  try {
    await installPackages(app)
    await writeTypes(app)
    progress.stop(`${command} is done.`)
  }
  catch (error) {
    progress.error(`${command} failed.`)
    throw error
  }
}

/** Shows a spinner in a terminal only: in a log, each frame of it would be a line. */
function startProgress(command: string): Pick<SpinnerResult, 'stop' | 'error'> {
  if (!process.stdout.isTTY) {
    log.step(command)
    return { stop: text => log.success(text ?? ''), error: text => log.error(text ?? '') }
  }
  const progress = spinner()
  progress.start(command)
  return progress
}

function describeNextSteps({ app, page }: Plan, isInstalled: boolean): string {
  const folder = relative(process.cwd(), app.root)
  const steps: string[] = []
  if (folder)
    steps.push(`cd ${folder}`)
  if (!isInstalled)
    steps.push(commandOf(app, 'install').join(' '))
  steps.push(commandOf(app, 'run', ['dev']).join(' '))
  const where = page === '/' ? 'the address that it prints' : `the address that it prints, with ${page}`
  return [`Next: ${steps.join(' && ')}`, `   Open ${where}, sign up, and add a task in two windows.`].join('\n')
}
