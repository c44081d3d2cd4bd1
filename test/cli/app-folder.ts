/** Creates the folders of small apps, below the repository, so that their packages are found. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

/** The folder of an app, which is deleted after the test. */
export interface AppFolder {
  root: string
  write: (file: string, text: string) => void
  remove: (file: string) => void
}

/** The functions of an app with Better Auth in its own tables. */
const FUNCTIONS = join(ROOT, 'examples/local-install/convex')

const MANIFEST = JSON.stringify({ name: 'app', dependencies: { 'better-auth': '*', 'convex': '*', 'vue': '*' } })

/** Creates an app for one test, which is deleted after the commands of the test have ended. */
export function createApp(files?: Record<string, string>): AppFolder {
  const app = createAppFolder(files)
  // Vitest calls these functions in reverse order, and `startCommand` waits for the end of its process.
  onTestFinished(() => app.remove('.'))
  return app
}

/** Creates an app that the caller deletes with `remove('.')`. */
export function createAppFolder(files: Record<string, string> = {}): AppFolder {
  mkdirSync(join(ROOT, '.cli-apps'), { recursive: true })
  const root = mkdtempSync(join(ROOT, '.cli-apps/app-'))
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text)
  }
  cpSync(FUNCTIONS, join(root, 'convex'), { recursive: true, filter: path => !path.includes('_generated') })
  for (const [file, text] of Object.entries({ 'package.json': MANIFEST, ...files }))
    write(file, text)
  return { root, write, remove: file => rmSync(join(root, file), { recursive: true, force: true }) }
}
