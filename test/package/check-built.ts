// Checks what the tests of the sources cannot check: the built package starts a deployment, and all
// of its entry points use the same error class.
import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { ConvexHttpClient } from 'convex/browser'
import { ConvueError, createConvex } from 'convue'
import { convex, crossDomain, defineAuthFunctions, getAuthConfigProvider } from 'convue/convex'
import { convexClient, crossDomainClient } from 'convue/convex/client'
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
assert.throws(() => defineAuthFunctions({} as never), ConvueError)
await assert.rejects(startDeployment({ functions: './no/such/folder' }), ConvueError)

// Convex bundles an app as this does: the globals that the entry adds remain, even if the app imports nothing else of it.
const { outputFiles } = await build({
  stdin: { contents: 'import \'convue/convex\'', resolveDir: import.meta.dirname },
  bundle: true,
  write: false,
  format: 'esm',
  external: ['better-auth', 'convex'],
  logLevel: 'silent',
})
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
