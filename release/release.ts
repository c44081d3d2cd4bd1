/**
 * `npm run release`: writes the version and the change log, commits them, and adds a tag. The workflow of the tag publishes the package.
 * `--dry-run` only prints what would change, `--version 1.2.3` chooses the version, and `--first` releases the version in `package.json`.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { findUnreadable, nextVersion, readCommit, releaseChangelog } from './plan.ts'

const { values: options } = parseArgs({
  options: { 'dry-run': { type: 'boolean', default: false }, 'version': { type: 'string' }, 'first': { type: 'boolean', default: false } },
})

const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim()

/** The published packages. They have the same version. */
const MANIFESTS = ['package.json', 'create-convue/package.json'].filter(path => existsSync(path))

function main(): void {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
  const last = git('tag', '--list', 'v*', '--sort=-v:refname').split('\n')[0]
  const entries = git('log', '--no-merges', '--format=%h %s%x00%b%x01', ...last ? [`${last}..HEAD`] : []).split('\x01')
  const commits = entries.flatMap(entry => readCommit(entry) ?? [])
  const version = options.version ?? (options.first ? manifest.version : nextVersion(manifest.version, commits))
  const tag = `v${version}`
  const problems = [
    ...git('status', '--porcelain') ? ['The working tree has changes that are not committed.'] : [],
    ...last ? findUnreadable(entries) : [],
    ...git('tag', '--list', tag) ? [`The tag ${tag} exists.`] : [],
    ...JSON.stringify([manifest.homepage, manifest.repository]).includes('.example')
      ? ['`homepage` and `repository` in package.json have the placeholder domain .example.']
      : [],
  ]
  // The history of the first release is the whole project, which its section describes.
  const changelog = releaseChangelog(readFileSync('CHANGELOG.md', 'utf8'), version, new Date().toISOString().slice(0, 10), last ? commits : [])

  console.log(`${last ?? 'the beginning'} → ${tag}: ${commits.length} commits`)
  if (options['dry-run']) {
    console.log(changelog.split('\n## ')[1]?.replace(/^/, '\n## '))
    for (const problem of problems)
      console.log(`Problem: ${problem}`)
    return
  }
  if (problems.length > 0)
    throw new Error(problems.join('\n'))

  writeFileSync('CHANGELOG.md', changelog)
  const written = ['CHANGELOG.md', ...MANIFESTS, ...existsSync('package-lock.json') ? ['package-lock.json'] : []]
  for (const path of written.slice(1))
    writeVersion(path, version)
  git('add', ...written)
  git('commit', '--quiet', '--message', `release: ${tag}`)
  git('tag', '--annotate', tag, '--message', tag)
  console.log(`Committed and tagged. "git push --follow-tags" starts the workflow that publishes ${tag}.`)
}

/** Replaces the version of the package itself, and keeps the rest of the file as it is. */
function writeVersion(path: string, version: string): void {
  const text = readFileSync(path, 'utf8')
  const head = path === 'package-lock.json' ? 2 : 1
  let count = 0
  const replaced = text.replace(/"version": "[^"]+"/g, whole => count++ < head ? `"version": "${version}"` : whole)
  JSON.parse(replaced)
  writeFileSync(path, replaced)
}

main()
