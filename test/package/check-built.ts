// Checks what the tests of the sources cannot check: the built package starts a deployment, all of
// its entry points use the same error class, and the page of its data viewer has a script.
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
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
import { convue } from 'convue/vite'
import { build } from 'esbuild'
import { createServer } from 'vite'
import { launchBrowser } from '../support/browser/browser.ts'
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

// The data viewer in a browser.
const root = fileURLToPath(new URL('../..', import.meta.url))
await mkdir(join(root, '.vite-apps'), { recursive: true })
const viewed = await mkdtemp(join(root, '.vite-apps/built-'))
await mkdir(join(viewed, 'convex'))
await writeFile(join(viewed, 'index.html'), '<div id="app"></div>')
await writeFile(join(viewed, 'convex/tasks.ts'), `import { mutationGeneric } from 'convex/server'
export const add = mutationGeneric(async ctx => await ctx.db.insert('tasks', { text: 'Water the ferns' }))
`)
const vite = await createServer({ root: viewed, configFile: false, logLevel: 'silent', plugins: [convue({ data: false })] })
const browser = await launchBrowser()
try {
  await vite.listen()
  const page = await browser.newPage({ baseURL: vite.resolvedUrls!.local[0]! })
  await page.goto('/__convue#/functions')
  await page.getByRole('button', { name: 'Run' }).click()
  await page.getByRole('heading', { name: 'Result' }).waitFor()
  await page.getByRole('link', { name: 'Tables' }).click()
  await page.getByRole('cell', { name: 'Water the ferns' }).waitFor()
}
finally {
  await browser.close()
  await vite.close()
  await rm(viewed, { recursive: true })
}
console.log('The built package works.')
