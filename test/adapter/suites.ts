/** Runs Better Auth's own test suites for database adapters. README.md lists what is not run. */
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
