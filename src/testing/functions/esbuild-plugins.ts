/** The plugins of Convex's own bundler. */
import type { Plugin } from 'esbuild'
import type { RuntimeKind } from './kinds.ts'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'

/** Convex's runtime has the classes of `node:async_hooks` as globals. */
const asyncHooks: Plugin = {
  name: 'async-hooks',
  setup(build) {
    build.onResolve({ filter: /^(?:node:)?async_hooks$/ }, () => ({ path: 'async_hooks', namespace: 'async-hooks' }))
    build.onLoad({ filter: /.*/, namespace: 'async-hooks' }, () => ({
      contents: `
        export const AsyncLocalStorage = globalThis.AsyncLocalStorage
        export const AsyncResource = globalThis.AsyncResource
        export default { AsyncLocalStorage, AsyncResource }`,
    }))
  },
}

/**
 * The package `server-only` only marks code that is not for browsers, so it is left out.
 */
const serverOnly: Plugin = {
  name: 'server-only',
  setup(build) {
    build.onResolve({ filter: /^server-only$/ }, ({ path }) => ({ path, namespace: 'server-only' }))
    build.onLoad({ filter: /.*/, namespace: 'server-only' }, () => ({ contents: '' }))
  },
}

/** The default export of a `.wasm` file is its compiled module. */
const wasm: Plugin = {
  name: 'wasm',
  setup(build) {
    build.onResolve({ filter: /\.wasm$/ }, ({ path, namespace, resolveDir }) => {
      if (namespace === 'wasm-module')
        return { path, namespace: 'wasm-bytes' }
      if (resolveDir === '')
        return undefined
      return { path: resolve(resolveDir, path), namespace: 'wasm-module' }
    })
    build.onLoad({ filter: /.*/, namespace: 'wasm-module' }, ({ path }) => ({
      contents: `
        import bytes from ${JSON.stringify(path)}
        export default new WebAssembly.Module(bytes)`,
    }))
    build.onLoad({ filter: /.*/, namespace: 'wasm-bytes' }, async ({ path }) => ({
      contents: await readFile(path),
      loader: 'binary',
    }))
  },
}

/** Lets Node load the listed packages; `*` stands for all. */
function externals(names: string[]): Plugin {
  return {
    name: 'node-externals',
    setup(build) {
      if (names.length === 0)
        return
      build.onResolve({ filter: /^[^./]/, namespace: 'file' }, ({ path, kind }) => {
        if (kind === 'entry-point')
          return undefined
        const [first, second] = path.split('/')
        const name = first!.startsWith('@') ? `${first}/${second}` : first!
        const isListed = names.includes('*') || names.includes(name)
        if (isListed && name !== 'convex')
          return { path, external: true }
        return undefined
      })
    },
  }
}

/** The plugins for a runtime. */
export function convexPlugins(runtime: RuntimeKind, externalPackages: string[]): Plugin[] {
  if (runtime === 'node')
    return [serverOnly, externals(externalPackages), wasm]
  return [asyncHooks, serverOnly, wasm]
}
