import type { PluginOption } from 'vite'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

export interface BundleOptions {
  /** The entry script of a page. */
  entry: string
  /** @default true */
  minify?: boolean
  plugins?: PluginOption[]
}

/**
 * Builds one script for production, as an app does, with Convue from the source of this checkout.
 */
export async function bundle({ entry, minify = true, plugins = [] }: BundleOptions): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    root: path('.'),
    define: {
      'process.env.NODE_ENV': '"production"',
      '__VUE_OPTIONS_API__': 'true',
      '__VUE_PROD_DEVTOOLS__': 'false',
      '__VUE_PROD_HYDRATION_MISMATCH_DETAILS__': 'false',
    },
    resolve: { alias: { 'convue/persist': path('../src/persist/index.ts'), 'convue': path('../src/index.ts') } },
    plugins,
    build: {
      write: false,
      minify,
      target: 'es2022',
      modulePreload: false,
      rollupOptions: { input: entry, output: { codeSplitting: false } },
    },
  })
  if (!('output' in result) || result.output.length !== 1)
    throw new Error('The build gave more than one bundle.')
  return result.output[0].code
}
