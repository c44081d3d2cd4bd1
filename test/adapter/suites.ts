/** Runs Better Auth's own test suites for database adapters. README.md lists the skipped tests. */
import type { BetterAuthOptions } from 'better-auth'
import type { Adapter } from './adapter-app.ts'
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

/** All suites. They create rows with ids of their own, like an app with the option `generateId`. */
export async function runWithOwnIds(): Promise<void> {
  const app = await createAdapterApp(withOwnIds({}))
  const adapter = withoutRepeatedDeletions(app.adapter)
  const { execute } = await testAdapter({
    adapter: () => adapter as never,
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

/**
 * The suites with the greatest variety of statements, which are sent as a server of the app sends
 * them, through the HTTP route. `joins` contains nearly all tests of `normal`, with joins turned on.
 */
export async function runOverHttp(): Promise<void> {
  const app = await createAdapterApp(withOwnIds({}), 'http')
  const adapter = withoutRepeatedDeletions(app.adapter)
  const { execute } = await testAdapter({
    adapter: () => adapter as never,
    runMigrations: async options => await app.deploy(options as never),
    overrideBetterAuthOptions: options => withOwnIds(options as never) as never,
    prefixTests: 'HTTP',
    tests: [authFlowTestSuite(), joinsTestSuite()],
    onFinish: app.close,
  })
  execute()
}

/** The main suites with the ids that Convex chooses, and with references that accept only these. */
export async function runWithConvexIds(): Promise<void> {
  const app = await createAdapterApp({})
  const adapter = withoutRepeatedDeletions(withoutGivenIds(app.adapter))
  const disableTests = {
    // These tests expect that the rows have the ids that they pass.
    'create - should create a model': true,
    'create - should use generateId if provided': true,
  }
  const { execute } = await testAdapter({
    adapter: () => adapter as never,
    runMigrations: async options => await app.deploy(options as never),
    prefixTests: 'Convex ids',
    tests: [normalTestSuite({ disableTests }), authFlowTestSuite()],
    onFinish: app.close,
  })
  execute()
}

function withOwnIds(options: BetterAuthOptions): BetterAuthOptions {
  const generateId = options.advanced?.database?.generateId ?? (() => crypto.randomUUID().replaceAll('-', ''))
  return { advanced: { ...options.advanced, database: { ...options.advanced?.database, generateId } } }
}

/** The suites pass an id for each row, which an app without `generateId` does not. */
function withoutGivenIds(adapter: Adapter): Adapter {
  return (options) => {
    const inner = adapter(options)
    const create: typeof inner.create = async ({ data, ...rest }) =>
      await inner.create({ ...rest, data: { ...data, id: undefined } as never, forceAllowId: true })
    return { ...inner, create }
  }
}

/**
 * After each test, the suites for Better Auth 1.6 delete all rows of earlier tests again, which
 * makes 25,000 deletions altogether. A row that has been deleted by its id is not deleted again.
 */
function withoutRepeatedDeletions(adapter: Adapter): Adapter {
  const deleted = new Set<string>()
  return (options) => {
    const inner = adapter(options)
    const create: typeof inner.create = async (input) => {
      const row: any = await inner.create(input)
      deleted.delete(row.id)
      return row
    }
    const remove: typeof inner.delete = async ({ model, where }) => {
      const id = where.length === 1 && where[0]!.field === 'id' ? String(where[0]!.value) : undefined
      if (id !== undefined && deleted.has(id))
        return
      await inner.delete({ model, where })
      if (id !== undefined)
        deleted.add(id)
    }
    return { ...inner, create, delete: remove }
  }
}
