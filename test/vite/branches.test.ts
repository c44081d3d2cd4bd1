import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConvexHttpClient } from 'convex/browser'
import { anyApi } from 'convex/server'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { branchFolder, watchBranch } from '../../src/dev/branch-data.ts'
import { findRunningDeployment, findRunningOfApp } from '../../src/dev/running-deployment.ts'
import { findBranch } from '../../src/project/git-branch.ts'
import { eventually } from '../support/environment/eventually.ts'
import { useViteApps } from './vite-app.ts'

const api = anyApi as any

function git(folder: string, ...args: string[]): void {
  const user = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', '-c', 'commit.gpgsign=false']
  execFileSync('git', [...user, ...args], { cwd: folder, stdio: 'ignore' })
}

function createRepository(folder: string): void {
  git(folder, 'init', '--initial-branch', 'main')
  git(folder, 'commit', '--allow-empty', '--message', 'first')
}

function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'convue-branches-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

describe('findBranch', () => {
  it('finds the branch of the repository that contains a folder', () => {
    const folder = createFolder()
    createRepository(folder)
    mkdirSync(join(folder, 'apps/web'), { recursive: true })
    expect(findBranch(join(folder, 'apps/web'))).toEqual({ head: join(folder, '.git/HEAD'), name: 'main' })
    git(folder, 'switch', '--create', 'feature/login')
    expect(findBranch(folder)?.name).toBe('feature/login')
    git(folder, 'switch', '--detach')
    expect(findBranch(folder)?.name).toBeNull()
  })

  it('finds the branch of a worktree and of a submodule, and none without a repository', () => {
    const folder = createFolder()
    createRepository(folder)
    git(folder, 'worktree', 'add', '-b', 'fix', join(folder, 'other'))
    expect(findBranch(join(folder, 'other'))?.name).toBe('fix')
    mkdirSync(join(folder, '.git/modules/library'), { recursive: true })
    writeFileSync(join(folder, '.git/modules/library/HEAD'), 'ref: refs/heads/next\n')
    mkdirSync(join(folder, 'library'))
    writeFileSync(join(folder, 'library/.git'), 'gitdir: ../.git/modules/library\n')
    expect(findBranch(join(folder, 'library'))?.name).toBe('next')
    expect(findBranch(createFolder())).toBeNull()
  })
})

describe('branchFolder', () => {
  it('returns a folder of its own for each branch, with a name that all systems allow', () => {
    expect(branchFolder('data', 'main')).toBe(join('data/branches/main'))
    expect(branchFolder('data', null)).toBe('data')
    const folders = ['feature/login', 'feature-login', 'feature:login', 'ünïcode', 'a'.repeat(250)].map(name => branchFolder('data', name))
    expect(new Set(folders).size).toBe(5)
    expect(folders.filter(folder => !/^data[\\/]branches[\\/][\w.-]{1,100}$/.test(folder))).toEqual([])
  })
})

describe('watchBranch', () => {
  it('reports another branch, but neither a new commit nor a commit without a branch', async () => {
    const folder = createFolder()
    createRepository(folder)
    const switched = vi.fn()
    onTestFinished(watchBranch(findBranch(folder)!, switched))
    git(folder, 'commit', '--allow-empty', '--message', 'second')
    const seen = vi.fn()
    const watcher = watch(join(folder, '.git'), (_event, file) => seen(file))
    onTestFinished(() => watcher.close())
    // Both watchers receive an event at the same time.
    for (const args of [['--detach'], ['main']]) {
      seen.mockClear()
      git(folder, 'switch', ...args)
      await eventually(() => seen.mock.calls.flat()).toContain('HEAD')
      expect(switched).not.toHaveBeenCalled()
    }
    git(folder, 'switch', '--create', 'other')
    await eventually(() => switched.mock.calls.length).toBe(1)
  })
})

describe('convue({ branchData: true })', () => {
  const createApp = useViteApps()
  const FUNCTIONS = `import { internalMutation, mutation, query } from './_generated/server'
    const insert = (ctx, text) => ctx.db.insert('words', { text })
    export const list = query(async ctx => (await ctx.db.query('words').collect()).map(({ text }) => text))
    export const add = mutation(async (ctx, { text }) => void await insert(ctx, text))
    export default internalMutation(async ctx => void await insert(ctx, 'seed'))\n`

  it('keeps the data of each branch, and uses the data of the branch that is checked out', async () => {
    const app = createApp({ functions: false })
    app.write('convex/words.ts', FUNCTIONS)
    createRepository(app.root)
    const { vite, url, convexUrl } = await app.start({ branchData: true, seed: 'words:default' })
    const client = async (): Promise<ConvexHttpClient> => new ConvexHttpClient(await convexUrl(), { logger: false })
    const words = async (): Promise<unknown> => (await client()).query(api.words.list, {}).catch(() => 'not yet')
    const data = join(app.root, '.convex-local')
    await (await client()).mutation(api.words.add, { text: 'main' })
    expect(existsSync(join(data, 'branches/main'))).toBe(true)

    git(app.root, 'switch', '--create', 'feature/login')
    await eventually(words).toEqual(['seed'])
    expect(vite.resolvedUrls!.local[0]).toBe(`${url}/`)
    expect(await findRunningDeployment(data)).toBeNull()
    await eventually(async () => (await findRunningOfApp(data))?.url === await convexUrl()).toBe(true)

    git(app.root, 'switch', '--detach')
    git(app.root, 'switch', 'main')
    await eventually(words).toEqual(['seed', 'main'])

    // If a commit is checked out, the data is in the folder that also contains the folders of branches.
    await vite.close()
    git(app.root, 'switch', '--detach')
    const second = await app.start({ branchData: true, seed: 'words:default' })
    expect(await findRunningDeployment(data)).toMatchObject({ url: await second.convexUrl() })
    expect(await new ConvexHttpClient(await second.convexUrl(), { logger: false }).query(api.words.list, {})).toEqual(['seed'])
    expect(readFileSync(join(data, '.gitignore'), 'utf8')).toBe('*\n')
  })
})
