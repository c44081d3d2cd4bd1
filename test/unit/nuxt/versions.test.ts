import type { Nuxt } from 'nuxt/schema'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { warnOfVersionConflicts } from '../../../src/nuxt/module/versions.ts'

const warn = vi.hoisted(() => vi.fn())
vi.mock('nuxt/kit', () => ({ useLogger: () => ({ warn }) }))

/** The warnings for a project in which this version of better-auth is installed. */
function warningsFor(version: string): string[] {
  const rootDir = mkdtempSync(join(tmpdir(), 'convue-versions-'))
  onTestFinished(() => rmSync(rootDir, { recursive: true }))
  mkdirSync(join(rootDir, 'node_modules/better-auth'), { recursive: true })
  writeFileSync(join(rootDir, 'node_modules/better-auth/package.json'), JSON.stringify({ name: 'better-auth', version }))
  warn.mockClear()
  warnOfVersionConflicts({ options: { rootDir } } as Nuxt)
  return warn.mock.calls.map(([message]) => message)
}

describe('convue/nuxt', () => {
  it('warns of an installed version that does not work, with the command that installs another', () => {
    expect(warningsFor('1.6.20')).toEqual([
      '[VERSION_CONFLICT] better-auth 1.6.20 is installed, but Convue works with better-auth >=1.6.34 <1.8. '
      + 'Run `npm install "better-auth@>=1.6.34 <1.8"`.',
    ])
  })

  it('does not warn of versions that work together', () => {
    expect(warningsFor('1.7.25')).toEqual([])
  })
})
