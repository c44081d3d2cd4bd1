// `npm run size` prints the size of the core in an app's bundle, and the size that each further
// export adds.
import { Buffer } from 'node:buffer'
import { globSync, statSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'

/**
 * The largest size that the core may have, in bytes after minification and gzip, measured in the
 * built package. VueUse is not included. Lower the budget when the core becomes smaller; never
 * raise it without a reason in the commit. bench/README.md explains why the core is not smaller.
 */
const CORE_BUDGET = 14_300

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
const core = path('./core.ts')
/**
 * The built package and its source. A bundler must be able to remove as much unused code from the
 * package as from the source.
 */
const dist = path('../../dist/index.js')
const source = path('../../src/index.ts')

assertBuilt()

/**
 * Vite's own code for imports that run later. An app with a router already contains it, so it is not
 * a part of the core's size.
 */
const PRELOAD_HELPER = 'preload-helper'

/** Most Vue apps already bundle VueUse, so VueUse is not part of the size of the core. */
const VUEUSE = /^@vueuse\//

/**
 * Bundles `input` as an app's production build does, without the peers and the `external` packages.
 */
async function measure(input: string, convue = dist, external: RegExp[] = [VUEUSE]): Promise<Size> {
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    define: { 'process.env.NODE_ENV': '"production"' },
    resolve: { alias: { convue } },
    plugins: [{
      name: 'snippet',
      resolveId: id => id.startsWith('snippet:') ? id : undefined,
      load: id => id.startsWith('snippet:') ? id.slice('snippet:'.length) : undefined,
    }],
    build: {
      write: false,
      minify: true,
      target: 'es2022',
      rollupOptions: {
        input,
        external: [/^vue(\/|$)/, /^convex(\/|$)/, /^better-auth(\/|$)/, ...external],
        preserveEntrySignatures: 'strict',
        output: { format: 'es', codeSplitting: { groups: [{ name: PRELOAD_HELPER, test: /preload-helper/ }] } },
      },
    },
  })
  if (!('output' in result))
    throw new Error('The build returned more than one bundle.')
  const chunks = result.output.filter(chunk => 'code' in chunk)
  const later = chunks.filter(({ isDynamicEntry }) => isDynamicEntry)
  const code = textOf(chunks.filter(chunk => chunk.name !== PRELOAD_HELPER && !later.includes(chunk)))
  const files = chunks.flatMap(({ modules }) => Object.entries(modules).flatMap(([id, { renderedLength }]) => renderedLength > 0 ? [id] : []))
  return { ...sizeOf(code), later: sizeOf(textOf(later)), files }
}

function textOf(chunks: { code: string }[]): string {
  return chunks.map(({ code }) => code).join('')
}

function sizeOf(code: string): Bytes {
  return { minified: Buffer.byteLength(code), gzipped: gzipSync(code, { level: 9 }).byteLength }
}

interface Bytes {
  minified: number
  gzipped: number
}

interface Size extends Bytes {
  /** The code that a page loads after its first connection, which is not a part of the core. */
  later: Bytes
  /** The source files of which the bundle contains code. */
  files: string[]
}

const whole = await measure(core)
const wholeSource = await measure(core, source)
const rows: Record<string, Bytes> = { 'core (all of the below)': whole }
const pieces = [
  ['createConvex alone', 'createConvex'],
  ['+ useConvexQuery, useAuthedQuery', 'createConvex, useConvexQuery, useAuthedQuery'],
  ['+ useConvexMutation, useConvexAction', 'createConvex, useConvexQuery, useAuthedQuery, useConvexMutation, useConvexAction'],
] as const
for (const [name, imports] of pieces)
  rows[name] = await measure(`snippet:export { ${imports} } from 'convue'`)
rows['core, bundled from source'] = wholeSource
rows['core, with VueUse included'] = await measure(core, dist, [])
rows['loaded after the first connection'] = whole.later
console.table(rows, ['minified', 'gzipped'])

/** The exports of which the core must not contain any code. */
const FURTHER = [
  'useConvexPaginatedQuery',
  'useAuthedPaginatedQuery',
  'useConvexQueries',
  'usePreloadedQuery',
  'prefetchConvexQuery',
  'defineConvexQuery',
  'useConvexUpload',
  'useConvexStorageUrl',
  'useFilePreview',
  'useConvexSignIn',
  'useConvexForm',
  'usePresence',
  'useConvexClaims',
  'useConvexOnline',
  'createConvexHooks',
  'errorMessage',
  'insertAtTop',
  'insertAtBottomIfLoaded',
  'insertAtPosition',
  'optimisticallyUpdateValueInPaginatedQuery',
  'optimisticallyRemoveValueFromPaginatedQuery',
]
const further: Record<string, Record<string, number>> = {}
for (const name of FURTHER) {
  const input = `snippet:export * from ${JSON.stringify(core)}; export { ${name} } from 'convue'`
  const [size, sourceSize] = [await measure(input), await measure(input, source)]
  const [added, sourceAdded] = [size.gzipped - whole.gzipped, sourceSize.gzipped - wholeSource.gzipped]
  further[name] = { 'gzipped, on top of the core': added, 'from source': sourceAdded }
  if (sourceSize.files.every(file => wholeSource.files.includes(file)))
    fail(`The core contains ${name} although it does not use it.`)
  // The built package is one file, so the origin of its code is unknown. But if the core already
  // contained the code of an export, the export would add almost nothing.
  if (added < sourceAdded * 0.7)
    fail(`The built core contains some of ${name} although it does not use it.`)
}
console.table(further)

/** The entries that a page may import besides `convue`. They share code with the core. */
const ENTRIES = { persist: 'indexedDbStore' }
for (const [name, imported] of Object.entries(ENTRIES)) {
  const entry = JSON.stringify(path(`../../dist/${name}.js`))
  const { gzipped } = await measure(`snippet:export * from ${JSON.stringify(core)}; export { ${imported} } from ${entry}`)
  console.table({ [`convue/${name}`]: { 'gzipped, on top of the core': gzipped - whole.gzipped } })
}

if (whole.gzipped > CORE_BUDGET)
  fail(`The core has ${whole.gzipped} bytes; its budget is ${CORE_BUDGET}.`)
if (whole.gzipped > wholeSource.gzipped * 1.01)
  fail(`Bundlers keep ${whole.gzipped - wholeSource.gzipped} bytes more of the built package than of its source: look for a missing PURE annotation.`)

/** Fails if `dist` is not the build of the current source. */
function assertBuilt(): void {
  const builtAt = statSync(dist, { throwIfNoEntry: false })?.mtimeMs ?? 0
  if (globSync('**/*.ts', { cwd: path('../../src') }).some(file => statSync(path(`../../src/${file}`)).mtimeMs > builtAt)) {
    console.error('dist/ is missing or older than src/: call `npm run build` first.')
    process.exit(1)
  }
}

function fail(message: string): void {
  console.error(message)
  process.exitCode = 1
}
