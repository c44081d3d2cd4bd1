import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'

/** The code of an app that imports all of Convue, with all of its chunks. */
async function bundle(mode: 'development' | 'production'): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../../src/index.ts', import.meta.url))],
    outdir: 'out',
    bundle: true,
    splitting: true,
    format: 'esm',
    write: false,
    minify: true,
    define: { 'process.env.NODE_ENV': JSON.stringify(mode) },
    external: ['@vueuse/core', 'convex', 'vue'],
  })
  return outputFiles.map(({ text }) => text).join('\n')
}

/** Words that only the code for Vue DevTools contains. */
const WORDS = /devtools|convue:transitions|caused by|next renewal|getInspectorTree|CONVUE_INSPECTOR/i

describe('Vue DevTools', () => {
  it('are in the bundle of an app during development', async () => {
    expect(await bundle('development')).toMatch(WORDS)
  })

  it('are not in the production bundle of an app', async () => {
    expect(await bundle('production')).not.toMatch(WORDS)
  })
})

describe('the pictures of DevTools', () => {
  it('are all shown in the guide, with a description', () => {
    const docs = fileURLToPath(new URL('../../docs/', import.meta.url))
    const guide = readFileSync(`${docs}guides/devtools.md`, 'utf8')
    const shown = [...guide.matchAll(/!\[[^\]]{20,}\]\(\.\.\/public\/devtools\/([^)]+)\)/g)].map(([, file]) => file!)
    expect(shown.sort()).toEqual(readdirSync(`${docs}public/devtools`).sort())
  })
})
