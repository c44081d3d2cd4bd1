/** The git branch of an app, read from the files of its repository. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** The branch of a checkout. */
export interface GitBranch {
  /** The absolute path of the file that names the branch. */
  head: string
  /** The name of the branch; `null` if a commit is checked out instead of a branch. */
  name: string | null
}

/** The branch of the repository that contains a folder; `null` outside of a repository. */
export function findBranch(folder: string): GitBranch | null {
  const head = findHead(folder)
  return head === null ? null : { head, name: readBranch(head) }
}

/**
 * The name of the branch that is checked out; `null` if a commit is checked out instead of a
 * branch.
 */
export function readBranch(head: string): string | null {
  return /^ref: refs\/heads\/(.+)$/m.exec(readIfExists(head))?.[1]?.trim() ?? null
}

function findHead(folder: string): string | null {
  const git = join(folder, '.git')
  if (!existsSync(git)) {
    const parent = dirname(folder)
    return parent === folder ? null : findHead(parent)
  }
  const head = join(gitFolder(git), 'HEAD')
  return existsSync(head) ? head : null
}

/** In a worktree and in a submodule, `.git` is a file that names the folder. */
function gitFolder(git: string): string {
  if (statSync(git).isDirectory())
    return git
  const [, folder = '.'] = /^gitdir: (.+)$/m.exec(readIfExists(git)) ?? []
  return resolve(dirname(git), folder.trim())
}

function readIfExists(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  }
  catch {
    return ''
  }
}
