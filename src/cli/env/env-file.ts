/** The file `.env` of the functions folder, which the embedded deployment reads. */
import type { VariableStore } from './sync-env.ts'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { toDotenv } from '../dotenv.ts'

export function readEnvFile(file: string): Record<string, string> {
  return parseEnv(readText(file)) as Record<string, string>
}

/** An empty text if the file does not exist. */
function readText(file: string): string {
  if (!existsSync(file))
    return ''
  return readFileSync(file, 'utf8')
}

/** Replaces the lines of the variables that are written, and keeps all others. */
export function fileStore(file: string): VariableStore {
  return {
    read: async () => readEnvFile(file),
    async write(variables) {
      const kept = readText(file).split('\n').filter(line => !Object.hasOwn(variables, nameIn(line)))
      const before = kept.join('\n').trimEnd()
      writeFileSync(file, `${before === '' ? '' : `${before}\n`}${toDotenv(variables)}`, { mode: 0o600 })
    },
  }
}

/** The name of the variable that a line sets; an empty text if it sets none. */
function nameIn(line: string): string {
  return /^\s*(?:export\s+)?(\w+)\s*=/.exec(line)?.[1] ?? ''
}
