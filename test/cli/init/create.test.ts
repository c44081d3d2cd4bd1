import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { scaffoldCommand } from '../../../src/cli/init/create-app.ts'
import { runCli } from '../../../src/cli/run-cli.ts'

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'convue-create-'))
  return () => rmSync(root, { recursive: true, force: true })
})

describe('scaffoldCommand', () => {
  it.each([
    ['npm', 'npm create --yes vite@latest app -- --template vue-ts --no-interactive'],
    ['pnpm', 'pnpm create vite@latest app --template vue-ts --no-interactive'],
    ['yarn', 'yarn create vite@latest app --template vue-ts --no-interactive'],
    ['bun', 'bun create vite@latest app --template vue-ts --no-interactive'],
  ] as const)('creates a Vue app with %s', (agent, command) => {
    expect(scaffoldCommand({ folder: '/tmp/app', framework: 'vite', language: 'ts' }, agent).join(' ')).toBe(command)
  })

  it('uses the template without TypeScript', () => {
    expect(scaffoldCommand({ folder: 'app', framework: 'vite', language: 'js' }, 'npm')).toContain('vue')
  })

  it('creates a Nuxt app without questions', () => {
    expect(scaffoldCommand({ folder: 'app', framework: 'nuxt', language: 'ts' }, 'pnpm').join(' '))
      .toBe('pnpm create nuxt@latest app --template minimal --packageManager pnpm --no-install --no-gitInit --no-modules')
  })
})

describe('convue create', () => {
  it('refuses a folder that is not empty', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    writeFileSync(join(root, 'notes.txt'), 'mine')
    expect(await runCli(['create', root])).toBe(1)
    expect(error.mock.calls.join()).toMatch(/convue init[\s\S]*FOLDER_NOT_EMPTY/)
  })
})
