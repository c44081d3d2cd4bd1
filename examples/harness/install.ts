/** Copies an example, and installs it with the packed package. */
import { cpSync, globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ROOT, run, writeJson } from '../../test/package/peers/run.ts'

/** Files that a run of the example writes into its folder, or that are not part of the app. */
const NOT_COPIED = [
  'node_modules',
  'dist',
  '.nuxt',
  '.output',
  '.convue',
  '.convex-local',
  'package-lock.json',
  'check.ts',
]

/** Packs Convue into a folder, and returns the path of the file. */
export async function packConvue(folder: string): Promise<string> {
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], ROOT)
  const [{ filename }] = JSON.parse(stdout) as { filename: string }[] as [{ filename: string }]
  return join(folder, filename)
}

/** Copies an example to `folder`, which it returns, and installs its packages. */
export async function installExample(source: string, folder: string, packed: string): Promise<string> {
  cpSync(source, folder, { recursive: true, filter: path => !NOT_COPIED.includes(basename(path)) })
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  manifest.dependencies.convue = `file:${packed}`
  writeJson(join(folder, 'package.json'), manifest)
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--no-package-lock'], folder)
  return folder
}

/** Throws if `_generated` files differ from those that the deployment has written in the copy. */
export function requireCurrentTypes(source: string, copy: string): void {
  const read = (file: string): string | null => {
    try {
      return readFileSync(file, 'utf8')
    }
    catch {
      return null
    }
  }
  const outdated = globSync('**/_generated/*', { cwd: copy, exclude: name => name === 'node_modules' })
    .filter(file => read(join(source, file)) !== read(join(copy, file)))
  if (outdated.length > 0)
    throw new Error(`Run \`npm run codegen\`, since these files are not up to date: ${outdated.join(', ')}`)
}
