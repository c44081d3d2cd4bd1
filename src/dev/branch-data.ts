/** The data of each git branch, and the switch from one branch to another. */
import type { GitBranch } from '../project/git-branch.ts'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, watch } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { readBranch } from '../project/git-branch.ts'

/** The folder, in the folder of the data, that contains a folder for each branch. */
export const BRANCHES = 'branches'

/** The folder of the data of a branch; `data` itself if a commit is checked out. */
export function branchFolder(data: string, name: string | null): string {
  return name === null ? data : join(data, BRANCHES, fileName(name))
}

/** Returns whether a folder does not yet contain data, except those of branches. */
export function isWithoutData(folder: string): boolean {
  return !existsSync(folder) || readdirSync(folder).every(name => name === BRANCHES)
}

/**
 * Calls the listener when another branch is checked out, until the returned function is called. The
 * check-out of a commit is ignored, because git checks out commits temporarily, for example during
 * a rebase.
 */
export function watchBranch({ head, name }: GitBranch, onSwitch: () => void): () => void {
  let current = name
  // Git replaces the file, so the folder is watched.
  const watcher = watch(dirname(head), (_event, file) => {
    if (file !== null && file !== basename(head))
      return
    const next = readBranch(head)
    if (next === null || next === current)
      return
    current = next
    onSwitch()
  })
  return () => watcher.close()
}

/** A readable part of the name, and a hash, because names may differ in other characters only. */
function fileName(name: string): string {
  const readable = name.replace(/[^\w.-]+/g, '-').slice(0, 80)
  if (readable === name)
    return name
  return `${readable}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`
}
