import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SUPPORTED_VERSIONS } from '../../../src/versions/supported-versions.ts'
import { findConflictWithConvue, findVersionConflicts } from '../../../src/versions/version-conflicts.ts'

const COMPONENT = '@convex-dev/better-auth'
const COMPONENT_PEERS = { 'better-auth': '>=1.6.11 <1.7.0', 'convex': '^1.25.0' }

let app: string
beforeEach(() => {
  app = mkdtempSync(join(tmpdir(), 'convue-versions-'))
})
afterEach(() => rmSync(app, { recursive: true }))

/** Writes the `package.json` of a package into a folder of the app. */
function install(folder: string, name: string, version: string, more: object = {}): void {
  mkdirSync(join(app, folder), { recursive: true })
  writeFileSync(join(app, folder, 'package.json'), JSON.stringify({ name, version, ...more }))
}

/** An app that declares these packages and has them in its own `node_modules`. */
function createApp(packages: Record<string, string>): void {
  install('.', 'app', '0.0.0', { dependencies: packages })
  for (const [name, version] of Object.entries(packages))
    install(`node_modules/${name}`, name, version, name === COMPONENT ? { peerDependencies: COMPONENT_PEERS } : {})
}

describe('findVersionConflicts', () => {
  it.each([
    ['better-auth 1.6.34 beside its component', { 'better-auth': '1.6.34', [COMPONENT]: '0.12.5', 'convex': '1.48.0' }],
    ['better-auth 1.7.25 alone', { 'better-auth': '1.7.25', 'convex': '1.49.0' }],
    ['no package at all', {}],
  ])('finds none in an app with %s', (_name, packages) => {
    createApp(packages)
    expect(findVersionConflicts(join(app, 'convex'))).toEqual([])
  })

  it('finds a version that Convue does not support', () => {
    createApp({ 'better-auth': '1.6.20', 'convex': '1.47.0' })
    expect(findVersionConflicts(app)).toEqual([
      { name: 'better-auth', version: '1.6.20', needed: '>=1.6.34 <1.8', by: 'Convue' },
      { name: 'convex', version: '1.47.0', needed: '^1.48.0', by: 'Convue' },
    ])
  })

  it('finds a version that a dependency of the app does not support', () => {
    createApp({ 'better-auth': '1.7.25', [COMPONENT]: '0.12.5' })
    expect(findVersionConflicts(app)).toEqual([
      { name: 'better-auth', version: '1.7.25', needed: '>=1.6.11 <1.7.0', by: '@convex-dev/better-auth 0.12.5' },
    ])
  })

  it('compares with the version that a dependency itself imports', () => {
    createApp({ 'better-auth': '1.7.25', [COMPONENT]: '0.12.5' })
    install(`node_modules/${COMPONENT}/node_modules/better-auth`, 'better-auth', '1.6.34')
    expect(findVersionConflicts(app)).toEqual([])
  })

  it('follows the links with which pnpm installs packages', () => {
    createApp({ 'better-auth': '1.6.34', [COMPONENT]: '0.12.5' })
    const store = 'node_modules/.pnpm/component/node_modules'
    rmSync(join(app, 'node_modules', COMPONENT), { recursive: true })
    install(`${store}/${COMPONENT}`, COMPONENT, '0.12.5', { peerDependencies: COMPONENT_PEERS })
    install(`${store}/better-auth`, 'better-auth', '1.7.0')
    mkdirSync(dirname(join(app, 'node_modules', COMPONENT)), { recursive: true })
    symlinkSync(join(app, store, COMPONENT), join(app, 'node_modules', COMPONENT), 'dir')
    expect(findVersionConflicts(app)).toEqual([
      { name: 'better-auth', version: '1.7.0', needed: '>=1.6.11 <1.7.0', by: '@convex-dev/better-auth 0.12.5' },
    ])
  })

  it('ignores packages that the app does not declare, and files that cannot be read', () => {
    createApp({ 'better-auth': '1.7.25' })
    install(`node_modules/${COMPONENT}`, COMPONENT, '0.12.5', { peerDependencies: COMPONENT_PEERS })
    writeFileSync(join(app, 'node_modules/better-auth/package.json'), '{')
    expect(findVersionConflicts(app)).toEqual([])
  })
})

describe('findConflictWithConvue', () => {
  it('compares the installed version with the supported range', () => {
    createApp({ ws: '7.5.0', jose: '6.2.0' })
    expect(findConflictWithConvue('ws', app)).toEqual({ name: 'ws', version: '7.5.0', needed: '^8.18.0', by: 'Convue' })
    expect(findConflictWithConvue('jose', app)).toBeUndefined()
    expect(findConflictWithConvue('nuxt', app)).toBeUndefined()
  })
})

describe('SUPPORTED_VERSIONS', () => {
  it('equals the ranges in package.json, where optional packages have the range `*`', () => {
    const { peerDependencies, peerDependenciesMeta } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8'))
    const { vue, convex, 'better-auth': betterAuth, jose: _dependency, ...others } = SUPPORTED_VERSIONS
    const ranges = { vue, convex, 'better-auth': betterAuth }
    const anyVersion = Object.fromEntries(Object.keys(others).map(name => [name, '*']))
    expect(peerDependencies).toEqual({ ...ranges, ...anyVersion })
    expect(Object.keys(peerDependenciesMeta).sort()).toEqual([...Object.keys(anyVersion), 'better-auth'].sort())
  })
})
