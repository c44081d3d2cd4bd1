/** The rules of a release: the version that follows from the commits, and the change log. Pure functions. */

export interface Commit {
  hash: string
  type: string
  scope: string
  subject: string
  isBreaking: boolean
}

const SUBJECT = /^(\w+)(?:\(([^)]+)\))?(!)?: (.+)$/

/** Reads an entry of `git log --format='%h %s%x00%b%x01'`. Returns `undefined` if the subject is not `type(scope): text`. */
export function readCommit(entry: string): Commit | undefined {
  const [head = '', body = ''] = entry.trim().split('\0')
  const [, hash, line = ''] = /^(\S+) (.*)$/.exec(head) ?? []
  const [, type, scope = '', mark, subject] = SUBJECT.exec(line) ?? []
  if (!hash || !type || !subject)
    return undefined
  return { hash, type, scope, subject, isBreaking: mark === '!' || /^BREAKING CHANGE: /m.test(body) }
}

/** A problem for each entry that the change log would lack, because its subject does not say what it changes. */
export function findUnreadable(entries: string[]): string[] {
  return entries.filter(entry => entry.trim() && !readCommit(entry))
    .map(entry => `The subject of a commit is not "type(scope): text", so the change log would lack it: ${entry.trim().split('\0')[0]}`)
}

/**
 * The version of the release. Before 1.0.0, a change that breaks apps increases the second number, and everything else the third.
 *
 * @throws Error if no commit changes something for users.
 */
export function nextVersion(current: string, commits: Commit[]): string {
  const [major = 0, minor = 0, patch = 0] = current.split('.').map(Number)
  const hasFeature = commits.some(({ type }) => type === 'feat')
  const isBreaking = commits.some(commit => commit.isBreaking)
  if (!hasFeature && !isBreaking && !commits.some(({ type }) => /^(?:fix|perf)$/.test(type)))
    throw new Error('No commit since the last release is a feat, a fix or a perf.')
  if (isBreaking)
    return major > 0 ? `${major + 1}.0.0` : `0.${minor + 1}.0`
  return hasFeature && major > 0 ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`
}

/**
 * The change log with the section of the release, which was written by hand under `## … (unreleased)`, and with the commits below it.
 *
 * @throws Error if the section is missing or empty although commits change something for users.
 */
export function releaseChangelog(changelog: string, version: string, day: string, commits: Commit[]): string {
  const heading = /^## .*\(unreleased\)$/im.exec(changelog)
  if (!heading)
    throw new Error('CHANGELOG.md has no section whose heading ends with "(unreleased)".')
  const start = heading.index + heading[0].length
  const next = changelog.indexOf('\n## ', start)
  const end = next < 0 ? changelog.length : next
  const text = changelog.slice(start, end).trim()
  if (!text)
    throw new Error('The section "(unreleased)" of CHANGELOG.md is empty. Describe the changes in the words of users.')
  const list = ['feat', 'fix', 'perf'].flatMap(type => commits.filter(commit => commit.type === type || (type === 'feat' && commit.isBreaking && !/^(?:fix|perf)$/.test(commit.type))))
  const lines = [...new Set(list)].map(({ hash, scope, subject, isBreaking }) =>
    `- ${isBreaking ? '**Breaking:** ' : ''}${scope ? `${scope}: ` : ''}${subject} (${hash})`)
  const section = [`## ${version} (${day})`, text, ...lines.length > 0 ? ['### Commits', lines.join('\n')] : []].join('\n\n')
  return `${changelog.slice(0, heading.index)}${section}\n${changelog.slice(end)}`
}
