/** Reads the script of the data viewer's page. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

let script: Promise<string> | undefined

/** The script as one file without imports. It is read once. */
export function clientScript(): Promise<string> {
  script ??= readScript()
  return script
}

async function readScript(): Promise<string> {
  if (!import.meta.url.endsWith('.ts'))
    return await readFile(new URL('./viewer-client.js', import.meta.url), 'utf8')
  // The sources of this repository, from which no script has been built.
  const { build } = await import('esbuild')
  const entryPoint = fileURLToPath(new URL('./client/entry.ts', import.meta.url))
  const { outputFiles } = await build({ entryPoints: [entryPoint], bundle: true, write: false, format: 'esm' })
  return outputFiles[0]!.text
}
