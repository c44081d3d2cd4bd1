/** Compares the variables of a deployment with those that it should have, and sets what differs. */
import type { ConvexTarget } from '../official-convex.ts'
import { parseEnv } from 'node:util'
import { toDotenv } from '../dotenv.ts'
import { usesStaticKeys } from '../functions-code.ts'
import { requireConvex } from '../official-convex.ts'
import { randomSecret } from '../random-secret.ts'
import { createStaticKeys } from '../static-keys.ts'

export interface SyncOptions {
  /** The absolute path of the functions folder. */
  functions: string
  /** The variables of the file. */
  wanted: Record<string, string>
  /** Whether to create a secret and keys that are missing. */
  auth: boolean
}

/** What happened to a variable. Never contains its value. */
export interface SyncedVariable {
  name: string
  change: 'created' | 'changed' | 'unchanged'
}

/** Where variables are read and written. */
export interface VariableStore {
  read: () => Promise<Record<string, string>>
  write: (variables: Record<string, string>) => Promise<void>
}

/** Convex sets these variables itself. */
const OWN_VARIABLES = ['CONVEX_CLOUD_URL', 'CONVEX_SITE_URL']

/** The variables of a deployment, which the official command line reads and writes. */
export function deploymentStore(target: ConvexTarget): VariableStore {
  return {
    async read() {
      const list = await requireConvex(target, ['env', 'list', '--include-values'])
      return parseEnv(list) as Record<string, string>
    },
    // The values are passed through stdin, since other processes can read arguments.
    write: async variables => void await requireConvex(target, ['env', 'set', '--force'], toDotenv(variables)),
  }
}

export async function syncEnv(store: VariableStore, options: SyncOptions): Promise<SyncedVariable[]> {
  const { functions, wanted, auth } = options
  const current = await store.read()
  const known = { ...current, ...nonEmpty(wanted) }
  const complete = { ...withoutOwn(wanted), ...auth && await createMissing(functions, known) }
  const changes = Object.entries(complete).filter(([name, value]) => current[name] !== value)
  if (changes.length > 0)
    await store.write(Object.fromEntries(changes))
  return Object.entries(complete).map(([name, value]) => ({ name, change: changeOf(current[name], value) }))
}

/** Creates the secret, and a signing key if the functions use static keys, unless they exist. */
async function createMissing(functions: string, known: Record<string, string>): Promise<Record<string, string>> {
  const secret = known.BETTER_AUTH_SECRET || randomSecret()
  const needsKeys = usesStaticKeys(functions) && isWithoutKey(known.JWKS)
  return {
    BETTER_AUTH_SECRET: secret,
    ...needsKeys && { JWKS: await createStaticKeys(secret) },
  }
}

function isWithoutKey(jwks: string | undefined): boolean {
  return !jwks || /^\s*\[\s*\]\s*$/.test(jwks)
}

function changeOf(current: string | undefined, value: string): SyncedVariable['change'] {
  if (current === value)
    return 'unchanged'
  return current === undefined ? 'created' : 'changed'
}

function withoutOwn(variables: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !OWN_VARIABLES.includes(name)))
}

function nonEmpty(variables: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''))
}
