import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, describe, expect, it } from 'vitest'
import { nextVersion, readCommit, releaseChangelog } from '../../release/plan.ts'

const SCRIPT = join(import.meta.dirname, '../../release/release.ts')
const CHANGELOG = '# Changelog\n\n## 0.2.0 (unreleased)\n\n- Queries are live.\n\n## 0.1.0 (2026-01-01)\n\n- Everything.\n'
const commit = (line: string, body = '') => readCommit(`abc1234 ${line}\0${body}`)!

const folders: string[] = []
afterEach(() => folders.splice(0).forEach(folder => rmSync(folder, { recursive: true, force: true })))

/** A repository with a released version 0.1.0, and a feature after it. */
function createRepository(address = 'https://convue.test/'): { folder: string, git: (...args: string[]) => string, run: (...args: string[]) => string } {
  const folder = mkdtempSync(join(tmpdir(), 'convue-release-'))
  folders.push(folder)
  const git = (...args: string[]): string => execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], { cwd: folder, encoding: 'utf8' }).trim()
  const write = (path: string, value: unknown): void => writeFileSync(join(folder, path), typeof value === 'string' ? value : `${JSON.stringify(value, null, 2)}\n`)
  git('init', '--quiet')
  git('config', 'user.name', 'Ada')
  git('config', 'user.email', 'ada@example.com')
  mkdirSync(join(folder, 'create-convue'))
  write('package.json', { name: 'convue', version: '0.1.0', homepage: address, repository: { url: `git+${address}` }, devDependencies: { vue: '3.5.0' } })
  write('create-convue/package.json', { name: 'create-convue', version: '0.1.0' })
  write('package-lock.json', { name: 'convue', version: '0.1.0', packages: { '': { version: '0.1.0' }, 'node_modules/vue': { version: '3.5.0' } } })
  write('CHANGELOG.md', CHANGELOG)
  git('add', '.')
  git('commit', '--quiet', '--message', 'feat: begin')
  git('tag', 'v0.1.0')
  write('more.txt', 'more')
  git('add', '.')
  git('commit', '--quiet', '--message', 'feat(query): make queries live')
  const run = (...args: string[]): string => execFileSync(process.execPath, [SCRIPT, ...args], { cwd: folder, encoding: 'utf8', stdio: 'pipe' })
  return { folder, git, run }
}

describe('the version of a release', () => {
  it.for([
    { lines: ['fix: a'], current: '0.1.4', next: '0.1.5' },
    { lines: ['feat: a', 'docs: b'], current: '0.1.4', next: '0.1.5' },
    { lines: ['feat!: a', 'fix: b'], current: '0.1.4', next: '0.2.0' },
    { lines: ['fix: a'], current: '1.2.3', next: '1.2.4' },
    { lines: ['feat: a', 'fix: b'], current: '1.2.3', next: '1.3.0' },
    { lines: ['refactor(token)!: a'], current: '1.2.3', next: '2.0.0' },
  ])('after $current with $lines is $next', ({ lines, current, next }) => {
    expect(nextVersion(current, lines.map(line => commit(line)))).toBe(next)
  })

  it('is refused if nothing changes for users', () => {
    expect(() => nextVersion('1.0.0', [commit('docs: a'), commit('test: b')])).toThrow('No commit since')
  })

  it('is a breaking version if the body of a commit has the note', () => {
    expect(nextVersion('1.0.0', [commit('fix: a', 'Text.\n\nBREAKING CHANGE: b')])).toBe('2.0.0')
  })
})

describe('the change log of a release', () => {
  it('has the text written by hand, and the commits that change something', () => {
    const commits = [commit('feat(query): make queries live'), commit('docs: explain'), commit('fix!: end sessions')]
    const text = releaseChangelog(CHANGELOG, '0.2.0', '2026-12-01', commits)
    expect(text).toContain('## 0.2.0 (2026-12-01)\n\n- Queries are live.\n\n### Commits\n\n- query: make queries live (abc1234)\n- **Breaking:** end sessions (abc1234)\n\n## 0.1.0')
    expect(text).not.toContain('explain')
  })

  it('is refused if its section is missing or empty', () => {
    expect(() => releaseChangelog('# Changelog\n\n## 0.1.0 (2026-01-01)\n', '0.2.0', '2026-12-01', [])).toThrow('no section')
    expect(() => releaseChangelog('# Changelog\n\n## 0.2.0 (unreleased)\n\n## 0.1.0 (2026-01-01)\n', '0.2.0', '2026-12-01', [])).toThrow('is empty')
  })

  it('can be written from the change log of this repository', () => {
    const own = readFileSync(join(SCRIPT, '../../CHANGELOG.md'), 'utf8')
    expect(releaseChangelog(own, '9.9.9', '2026-12-01', [])).toContain('## 9.9.9 (2026-12-01)')
  })
})

describe('npm run release', () => {
  it('writes versions and the change log, commits them, and adds a tag', () => {
    const { folder, git, run } = createRepository()
    expect(run()).toContain('v0.1.0 → v0.1.1')
    const version = (path: string): string => JSON.parse(readFileSync(join(folder, path), 'utf8')).version
    expect(['package.json', 'create-convue/package.json', 'package-lock.json'].map(version)).toEqual(['0.1.1', '0.1.1', '0.1.1'])
    const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'))
    expect([lock.packages[''].version, lock.packages['node_modules/vue'].version]).toEqual(['0.1.1', '3.5.0'])
    expect(readFileSync(join(folder, 'CHANGELOG.md'), 'utf8')).toMatch(/^## 0\.1\.1 \(20\d\d-\d\d-\d\d\)$/m)
    expect(git('log', '-1', '--format=%s')).toBe('release: v0.1.1')
    expect(git('tag', '--points-at', 'HEAD')).toBe('v0.1.1')
    expect(git('status', '--porcelain')).toBe('')
  })

  it('writes nothing with --dry-run', () => {
    const { git, run } = createRepository('https://convue.example/')
    const head = git('rev-parse', 'HEAD')
    expect(run('--dry-run')).toMatch(/## 0\.1\.1 [\s\S]*Queries are live[\s\S]*Problem: .*placeholder/)
    expect([git('rev-parse', 'HEAD'), git('status', '--porcelain'), git('tag')]).toEqual([head, '', 'v0.1.0'])
  })

  it.for([
    { problem: 'changes that are not committed', cause: (folder: string) => writeFileSync(join(folder, 'more.txt'), 'changed') },
    { problem: 'placeholder domain', address: 'https://convue.example/', cause: () => {} },
  ])('refuses a release because of $problem', ({ problem, address, cause }) => {
    const { folder, git, run } = createRepository(address)
    cause(folder)
    expect(() => run()).toThrow(problem)
    expect(git('log', '-1', '--format=%s')).toBe('feat(query): make queries live')
  })

  it('refuses subjects of commits that are not "type(scope): text", except those of merges', () => {
    const { folder, git, run } = createRepository()
    git('checkout', '--quiet', '-b', 'other', 'v0.1.0')
    git('commit', '--quiet', '--allow-empty', '--message', 'fix: a mistake')
    git('checkout', '--quiet', '-')
    git('merge', '--quiet', '--no-ff', '--message', 'Merge the branch other', 'other')
    expect(run('--dry-run')).not.toContain('Problem')
    writeFileSync(join(folder, 'more.txt'), 'changed')
    git('commit', '--quiet', '--all', '--message', 'Update stuff', '--message', 'Closes: nothing')
    expect(() => run()).toThrow(/would lack it: \w+ Update stuff$/m)
    expect(git('log', '-1', '--format=%s')).toBe('Update stuff')
    expect(run('--dry-run')).toContain('Update stuff')
  })
})
