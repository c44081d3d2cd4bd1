import type { BetterAuthOptions } from 'better-auth'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { betterAuth } from 'better-auth'
import { ConvexHttpClient } from 'convex/browser'
import { makeFunctionReference } from 'convex/server'
import { describe, expect, it } from 'vitest'
import { convex, defineAuthDatabase } from '../../src/convex/index.ts'
import { codegen, startDeployment } from '../../src/testing/index.ts'
import { ORIGIN, signUp } from '../support/live/deployment.ts'
import { createFunctions } from '../testing/functions-folder.ts'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/guides/local-install.md'), 'utf8')

/** The files of the guide in a folder, by their paths in this folder. */
function filesIn(folder: string): Record<string, string> {
  const blocks = page.matchAll(/^```typescript file="([^"/]+)\/([^"]+)"\n([\s\S]*?)^```$/gm)
  return Object.fromEntries([...blocks].filter(block => block[1] === folder).map(([, , file, code]) => [file, code!]))
}

/** The tables as `npx auth generate` writes them: it calls this method of the adapter. */
async function generateTables(): Promise<string> {
  const options = {
    baseURL: ORIGIN,
    secret: 'a secret of this test only',
    database: defineAuthDatabase({ schema: { tables: {} } as never }).adapter({} as never),
    emailAndPassword: { enabled: true },
    plugins: [convex()],
  } satisfies BetterAuthOptions
  const { adapter } = await betterAuth(options).$context
  return (await adapter.createSchema!(options, 'convex/authTables.ts')).code
}

/** The files that the guide does not show, because each app has them: the settings, and Convue as a package. */
const settings = {
  'package.json': '{}',
  'tsconfig.json': JSON.stringify({
    extends: join(root, 'tsconfig.json'),
    compilerOptions: { paths: { 'convue/convex': [join(root, 'src/convex/index.ts')] }, types: [join(root, 'node_modules/@types/node')] },
    include: ['*.ts'],
    exclude: [],
  }),
  'node_modules/convue/package.json': JSON.stringify({ name: 'convue', exports: { './convex': './convex.ts' } }),
  'node_modules/convue/convex.ts': `export * from ${JSON.stringify(join(root, 'src/convex/index.ts'))}`,
}

/** Checks the types of an app with these files, signs a user up, and returns the user's profile. */
async function profileIn(files: Record<string, string>): Promise<unknown> {
  const functions = await createFunctions({ ...files, ...settings, 'authTables.ts': await generateTables() })
  await codegen({ functions })
  await promisify(execFile)(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '-p', functions])

  const deployment = await startDeployment({ functions, siteUrl: ORIGIN })
  try {
    const user = await signUp(deployment, { name: 'Ada' })
    const client = new ConvexHttpClient(deployment.url, { auth: (await user.fetchToken())! })
    return await client.query(makeFunctionReference<'query'>('profiles:mine'))
  }
  finally {
    await deployment.close()
  }
}

describe('the guide to defineAuthDatabase', () => {
  const files = filesIn('convex')

  it('contains the files of an app that has correct types and signs users up', async () => {
    expect(Object.keys(files)).toEqual(['schema.ts', 'auth.ts', 'http.ts', 'auth.config.ts', 'profiles.ts'])
    expect(await profileIn(files)).toMatchObject({ nickname: 'Ada' })
  })

  it('contains the files of such an app with convex-ents', async () => {
    const ents = filesIn('ents')
    expect(Object.keys(ents)).toEqual(['schema.ts'])
    // The index of an edge has the name of its field.
    const profiles = files['profiles.ts']!.replace('by_user', 'userId')
    expect(await profileIn({ ...files, ...ents, 'profiles.ts': profiles })).toMatchObject({ nickname: 'Ada' })
  })
})
