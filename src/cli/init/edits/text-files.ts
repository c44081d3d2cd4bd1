/** Edits of files that are lists of lines: `.gitignore` and `.env`. */
import { parseEnv } from 'node:util'

/** Common patterns of `.gitignore` that match a file, by the name of the file. */
const COVERED_BY: Record<string, string[]> = {
  '.env.local': ['*.local', '.env*', '.env.*'],
  '.env': ['.env*'],
}

/** Adds the paths that `.gitignore` does not contain. */
export function addIgnored(text: string, paths: string[]): string {
  const lines = new Set(text.split(/\r?\n/).map(line => line.trim().replace(/^\//, '').replace(/\/$/, '')))
  const missing = paths.filter(path => !isIgnored(path.replace(/\/$/, ''), lines))
  if (missing.length === 0)
    return text
  const before = text === '' ? '' : `${text.trimEnd()}\n\n`
  return `${before}# Convex on this machine, and secrets\n${missing.join('\n')}\n`
}

function isIgnored(path: string, lines: Set<string>): boolean {
  // A pattern without a slash matches in all folders.
  const name = path.split('/').at(-1)!
  return [path, name, ...COVERED_BY[name] ?? []].some(pattern => lines.has(pattern))
}

/** Adds the variables that a `.env` file does not set. */
export function addVariables(text: string, variables: Record<string, () => string>): string {
  const existing = parseEnv(text)
  const missing = Object.entries(variables).filter(([name]) => !existing[name])
  if (missing.length === 0)
    return text
  const before = text === '' || text.endsWith('\n') ? text : `${text}\n`
  return `${before}${missing.map(([name, create]) => `${name}=${create()}\n`).join('')}`
}
