/** What the command line finds out from the source code of the functions. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Whether the functions use static keys, which are in the variable `JWKS`. */
export function usesStaticKeys(functions: string): boolean {
  return files(functions).some(({ text }) => /process\.env\.JWKS\b/.test(text))
}

/** The module with the function `rotateKeys`, such as `auth`; `null` if there is none. */
export function findKeyModule(functions: string): string | null {
  const found = files(functions).find(({ text }) => /export const (?:\{[^}]*\brotateKeys\b|rotateKeys\b)/.test(text))
  return found?.name.replace(/\.[jt]s$/, '') ?? null
}

function files(functions: string): { name: string, text: string }[] {
  const names = globSync('**/*.{ts,js}', { cwd: functions, exclude: ['_generated/**', 'node_modules/**'] })
  return names.map(name => ({ name, text: readFileSync(join(functions, name), 'utf8') }))
}
