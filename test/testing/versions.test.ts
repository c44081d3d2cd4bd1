import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { codegen, startDeployment } from '../../src/testing/index.ts'
import { importPeer } from '../../src/testing/peers.ts'
import { writeFunctions } from './functions-folder.ts'

function manifest(name: string, version: string, more: object): string {
  return JSON.stringify({ name, version, type: 'module', ...more })
}

/** Two packages in versions that do not work together: the component imports a module that no longer exists. */
const packages = {
  'package.json': manifest('app', '0.0.0', { dependencies: { 'better-auth': '*', '@convex-dev/better-auth': '*' } }),
  'node_modules/better-auth/package.json': manifest('better-auth', '1.7.25', { exports: { './plugins': './plugins.js' } }),
  'node_modules/better-auth/plugins.js': 'export const plugin = true',
  'node_modules/@convex-dev/better-auth/package.json': manifest('@convex-dev/better-auth', '0.12.5', {
    exports: { './plugins': './plugins.js', './convex.config': './convex.config.js' },
    peerDependencies: { 'better-auth': '>=1.6.11 <1.7.0' },
  }),
  'node_modules/@convex-dev/better-auth/plugins.js': 'export * from "better-auth/plugins/oidc-provider"',
  'node_modules/@convex-dev/better-auth/convex.config.js': 'export * from "better-auth/plugins/oidc-provider"',
}

/** The folder of the functions of an app that has these files, besides `packages`. */
async function createApp(files: Record<string, string>): Promise<string> {
  const app = await mkdtemp(join(tmpdir(), 'convue-versions-'))
  onTestFinished(() => rm(app, { recursive: true }))
  await writeFunctions(app, { ...packages, ...files })
  return join(app, 'convex')
}

const CONFLICT = {
  code: 'VERSION_CONFLICT',
  why: 'better-auth 1.7.25 is installed, but @convex-dev/better-auth 0.12.5 works with better-auth >=1.6.11 <1.7.0.',
  fix: 'Run `npm install "better-auth@>=1.6.11 <1.7.0"`, or install a version of @convex-dev/better-auth that works '
    + 'with better-auth 1.7.25, or use `convue/convex` instead of it.',
}

describe('startDeployment › the version of Node', () => {
  const onNode = async (version: string): Promise<unknown> => {
    const real = Object.getOwnPropertyDescriptor(process.versions, 'node')!
    Object.defineProperty(process.versions, 'node', { ...real, value: version })
    onTestFinished(() => void Object.defineProperty(process.versions, 'node', real))
    return await startDeployment({ env: { SITE_URL: 'not a URL' } }).catch(error => error)
  }

  it.each(['20.19.4', '22.12.0'])('is too old, and the error names it: %s', async (version) => {
    expect(await onNode(version)).toMatchObject({
      code: 'NODE_UNSUPPORTED',
      why: `The embedded deployment needs Node 22.13 or newer, but this is Node ${version}.`,
    })
  })

  it.each(['22.13.0', '23.0.0', '24.0.0'])('is new enough: %s', async (version) => {
    expect(await onNode(version)).toMatchObject({ code: 'DEPLOYMENT_OPTION_INVALID' })
  })
})

describe('startDeployment › installed versions', () => {
  it('throws an error that names both versions and the command that solves the conflict', async () => {
    const functions = await createApp({ 'convex/auth.ts': 'import "@convex-dev/better-auth/plugins"' })
    await expect(startDeployment({ functions })).rejects.toMatchObject({
      ...CONFLICT,
      cause: expect.stringMatching(/FUNCTIONS_INVALID.*better-auth\/plugins\/oidc-provider/s),
    })
  })

  it('throws this error also if only the package that needs another version fails', async () => {
    const functions = await createApp({ 'convex/auth.ts': 'import "@convex-dev/better-auth/gone"' })
    await expect(startDeployment({ functions })).rejects.toMatchObject(CONFLICT)
  })

  it('reports an error in the code of the app unchanged', async () => {
    const functions = await createApp({ 'convex/auth.ts': 'import "./missing"' })
    await expect(startDeployment({ functions })).rejects.toMatchObject({
      code: 'FUNCTIONS_INVALID',
      why: expect.stringContaining('./missing'),
    })
  })
})

describe('codegen › installed versions', () => {
  it('throws an error that names both versions and the command that solves the conflict', async () => {
    const functions = await createApp({ 'convex/convex.config.ts': 'import "@convex-dev/better-auth/convex.config"' })
    await expect(codegen({ functions })).rejects.toMatchObject(CONFLICT)
  })
})

describe('importPeer › installed versions', () => {
  it('throws an error that names both versions if a package of the app cannot be imported', async () => {
    vi.spyOn(process, 'cwd').mockReturnValue(dirname(await createApp({ 'convex/auth.ts': '' })))
    onTestFinished(() => void vi.restoreAllMocks())
    const message = 'Package subpath \'./plugins/oidc-provider\' is not defined by "exports" in /app/node_modules/better-auth/package.json'
    const cause = Object.assign(new Error(message), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' })
    await expect(importPeer('better-auth', () => Promise.reject(cause))).rejects.toMatchObject({ ...CONFLICT, cause })
  })
})
