// Checks what the tests of the sources cannot check: the built package starts a deployment, and all
// of its entry points use the same error class.
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConvexHttpClient } from 'convex/browser'
import { ConvueError, createConvex } from 'convue'
import { convex, crossDomain, defineAuthFunctions, getAuthConfigProvider } from 'convue/convex'
import { convexClient, crossDomainClient } from 'convue/convex/client'
import { convexDatabase } from 'convue/convex/database'
import { createConvexServer } from 'convue/server'
import { startDeployment } from 'convue/testing'
import { build } from 'esbuild'
import { api } from '../support/convex/_generated/api.js'

assert.match(import.meta.resolve('convue'), /dist\/index\.js$/)
assert.throws(() => createConvex({ url: '' }), ConvueError)
assert.throws(() => createConvexServer({ convexUrl: '', convexSiteUrl: '' }), ConvueError)
assert.throws(() => convex({ jwks: '' }), ConvueError)
assert.throws(() => crossDomain({ siteUrl: '' }), ConvueError)
assert.equal(getAuthConfigProvider({ issuer: 'https://app.example' }).jwks, 'https://app.example/api/auth/convex/jwks')
assert.deepEqual([convexClient().id, crossDomainClient().id], ['convex', 'cross-domain'])
assert.throws(() => convexDatabase({ siteUrl: 'example' }), ConvueError)
assert.throws(() => defineAuthFunctions({} as never), ConvueError)
await assert.rejects(startDeployment({ functions: './no/such/folder' }), ConvueError)

// A bundler of an app keeps the globals that the entry adds, even if the app imports nothing else of it.
const app = await mkdtemp(join(tmpdir(), 'convue-built-'))
await mkdir(join(app, 'node_modules'))
await symlink(fileURLToPath(new URL('../..', import.meta.url)), join(app, 'node_modules/convue'), 'dir')
const { outputFiles } = await build({
  stdin: { contents: 'import \'convue/convex\'', resolveDir: app },
  bundle: true,
  write: false,
  format: 'esm',
  preserveSymlinks: true,
  external: ['better-auth', 'convex'],
  logLevel: 'silent',
})
await rm(app, { recursive: true })
assert.match(outputFiles[0]!.text, /MessageChannel: LocalMessageChannel/)

const deployment = await startDeployment({
  functions: fileURLToPath(new URL('../support/convex', import.meta.url)),
  // `auth.config` of the functions reads these variables. Convex rejects the file unless they are
  // set.
  env: { TEST_ISSUER: 'https://tests.convue.dev', TEST_JWKS: 'data:application/json,{"keys":[]}' },
})
try {
  const client = new ConvexHttpClient(deployment.url)
  await client.mutation(api.counters.increment, { name: 'built' })
  assert.equal(await client.query(api.counters.get, { name: 'built' }), 1)
  const server = createConvexServer({ convexUrl: deployment.url, convexSiteUrl: deployment.siteUrl })
  assert.equal(await server.forRequest(new Request('http://localhost')).fetchAuthQuery(api.counters.get, { name: 'built' }), 1)
}
finally {
  await deployment.close()
}
console.log('The built package works.')
