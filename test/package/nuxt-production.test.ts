import { join } from 'node:path'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'

const MIDDLEWARE = join(import.meta.dirname, '../../src/nuxt/runtime/app/middleware/page-auth.ts')

/** The code of the rules of pages in an app, as Nuxt bundles it. */
async function bundle(isDevelopment: boolean): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [MIDDLEWARE],
    bundle: true,
    write: false,
    format: 'esm',
    define: { 'import.meta.dev': String(isDevelopment) },
    external: ['nuxt/app', 'vue', 'vue-router', 'convue', '#build/*'],
  })
  return outputFiles[0]!.text
}

describe('the rules of pages in a production bundle', () => {
  it('contain no warning of a missing sign-in page', async () => {
    expect(await bundle(true)).toContain('SIGN_IN_PAGE_MISSING')
    const production = await bundle(false)
    expect(production).toContain('redirect=')
    expect(production).not.toContain('SIGN_IN_PAGE_MISSING')
    expect(production).not.toContain('ConvueError')
  })
})
