import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { betterAuth } from 'better-auth'
import { makeFunctionReference } from 'convex/server'
import { describe, expect, it } from 'vitest'
import { defineAuthDatabase } from '../../src/convex/database/index.ts'
import { codegen, startDeployment } from '../../src/testing/index.ts'
import { ORIGIN } from '../support/live/deployment.ts'
import { createFunctions } from '../testing/functions-folder.ts'
import { AuthBrowser, PASSWORD } from './auth-browser.ts'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/guides/local-install.md'), 'utf8')

/** The files of the guide, by their paths in the functions folder. */
const files = Object.fromEntries([...page.matchAll(/^```typescript file="convex\/([^"]+)"\n([\s\S]*?)^```$/gm)].map(([, file, code]) => [file, code!]))

/** The tables as `npx auth generate` writes them: it calls this method of the adapter. */
async function generateTables(): Promise<string> {
  const options = { emailAndPassword: { enabled: true } }
  const { adapter } = await betterAuth({ ...options, baseURL: ORIGIN, secret: 'a secret of this test only', database: defineAuthDatabase({ schema: { tables: {} } as never }).adapter({} as never) }).$context
  return (await adapter.createSchema!(options as never, 'convex/authTables.ts')).code
}

describe('the guide to defineAuthDatabase', () => {
  it('leads to an app that has correct types and signs users up', async () => {
    expect(Object.keys(files)).toEqual(['schema.ts', 'auth.ts'])
    const functions = await createFunctions({
      ...files,
      'authTables.ts': await generateTables(),
      'http.ts': `
        import { httpRouter } from 'convex/server'
        import { httpAction } from './_generated/server'
        import { createAuth } from './auth'
        const http = httpRouter()
        const handler = httpAction(async (ctx, request) => await createAuth(ctx).handler(request))
        http.route({ pathPrefix: '/api/auth/', method: 'POST', handler })
        export default http`,
      'profiles.ts': `
        import { internalQuery } from './_generated/server'
        export const list = internalQuery({ args: {}, handler: async ctx => await ctx.db.query('profiles').collect() })`,
      'package.json': '{}',
      'tsconfig.json': JSON.stringify({
        extends: join(root, 'tsconfig.json'),
        compilerOptions: { paths: { 'convue/convex': [join(root, 'src/convex/index.ts')] }, types: [join(root, 'node_modules/@types/node')] },
        include: ['*.ts'],
        exclude: [],
      }),
      'node_modules/convue/package.json': JSON.stringify({ name: 'convue', exports: { './convex': './convex.ts' } }),
      'node_modules/convue/convex.ts': `export * from ${JSON.stringify(join(root, 'src/convex/index.ts'))}`,
    })
    await codegen({ functions })
    await promisify(execFile)(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '-p', functions])

    const deployment = await startDeployment({ functions, siteUrl: ORIGIN })
    try {
      await new AuthBrowser(deployment.siteUrl).do('sign-up/email', { name: 'Ada', email: 'ada@example.com', password: PASSWORD })
      expect(await deployment.query(makeFunctionReference<'query'>('profiles:list'))).toMatchObject([{ nickname: 'Ada' }])
    }
    finally {
      await deployment.close()
    }
  })
})
