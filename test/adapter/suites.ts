/** Runs Better Auth's own test suites for database adapters. */
import type { BetterAuthOptions } from 'better-auth'
import {
  authFlowTestSuite,
  caseInsensitiveTestSuite,
  joinsTestSuite,
  normalTestSuite,
  testAdapter,
  transactionsTestSuite,
  uuidTestSuite,
} from '@better-auth/test-utils/adapter'
import { createAdapterApp } from './adapter-app.ts'

/**
 * The suites and tests that are not run, or that skip themselves, and why. `@convex-dev/better-auth`
 * 0.12.5 runs neither of the suites `joins`, `uuid`, `case-insensitive`, and disables 33 tests of
 * the suite `normal`.
 */
export const SKIPPED: Record<string, string> = {
  'number-id': 'Convex chooses the ids, and they are strings. Better Auth itself refuses `generateId: \'serial\'` for such '
    + 'databases.',
  'transactions - should rollback failing transaction': 'A mutation is one transaction as a whole, and an action does not '
    + 'have one, so the adapter reports that it has no transactions, and the test skips itself.',
}

/** The tests create rows with ids of their own, as an app does that has the option `generateId`. */
function withOwnIds(options: BetterAuthOptions): BetterAuthOptions {
  const generateId = options.advanced?.database?.generateId ?? (() => crypto.randomUUID().replaceAll('-', ''))
  return { advanced: { ...options.advanced, database: { ...options.advanced?.database, generateId } } }
}

export async function runSuites(): Promise<void> {
  const app = await createAdapterApp(withOwnIds({}))
  const { execute } = await testAdapter({
    adapter: () => app.adapter as never,
    runMigrations: async options => await app.deploy(options as never),
    overrideBetterAuthOptions: options => withOwnIds(options as never) as never,
    tests: [
      normalTestSuite(),
      authFlowTestSuite(),
      joinsTestSuite(),
      caseInsensitiveTestSuite(),
      uuidTestSuite(),
      transactionsTestSuite(),
    ],
    onFinish: app.close,
  })
  execute()
}
