/** Checks of the files of an app: its functions, and what git must ignore. */
import type { Check } from './check.ts'
import type { Finding } from './findings.ts'
import type { Project } from './project.ts'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { finding } from './findings.ts'

export const FILE_CHECKS: Check<Project>[] = [
  { name: 'files of the functions', run: checkFunctions },
  { name: 'files that git must ignore', run: checkIgnored },
]

function checkFunctions({ has, functions, root }: Project): Finding[] {
  const folder = relative(root, functions)
  if (!has.functions)
    return [finding('FUNCTIONS_MISSING', { folder })]
  if (!has.authConfig)
    return [finding('AUTH_CONFIG_MISSING', { file: join(folder, 'auth.config.ts') })]
  return []
}

function checkIgnored({ root, functions, data, isEmbedded }: Project): Finding[] | { skipped: string } {
  const secrets = ['.env.local', join(relative(root, functions), '.env')].filter(file => existsSync(join(root, file)))
  const files = isEmbedded ? [data, ...secrets] : secrets
  const answers = files.map(file => ({ file, status: isIgnored(root, file) }))
  if (answers.some(({ status }) => status === 'unknown'))
    return { skipped: 'the app is not in a git repository' }
  return answers.filter(({ status }) => status === 'no').map(({ file }) => finding('FILE_NOT_IGNORED', { file }))
}

/**
 * For the folder of the data, git is asked about a file in it: the folder has a `.gitignore` of its
 * own, which ignores its files and not the folder.
 */
function isIgnored(root: string, file: string): 'yes' | 'no' | 'unknown' {
  const path = file.startsWith('.env') || file.endsWith('.env') ? file : join(file, 'admin-key')
  const { status } = spawnSync('git', ['check-ignore', '--quiet', path], { cwd: root })
  if (status === 0)
    return 'yes'
  if (status === 1)
    return 'no'
  return 'unknown'
}
