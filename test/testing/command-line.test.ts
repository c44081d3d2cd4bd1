import type { Deployment } from '../../src/testing/index.ts'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { makeFunctionReference } from 'convex/server'
import { beforeAll, describe, expect, it } from 'vitest'
import { startDeployment } from '../../src/testing/index.ts'
import { readZip } from '../../src/testing/server/zip.ts'
import { startApp } from './start-app.ts'

/**
 * The command lines: `convex`, the oldest version that Convue supports, and a newer version under
 * the alias `convex-next`.
 */
const COMMANDS = ['convex', 'convex-next'].map(findCommand)
/** How a command finds its deployment: by `--url` and `--admin-key`, or by `CONVEX_SELF_HOSTED_URL` and `…_ADMIN_KEY`. */
type Way = 'arguments' | 'environment'
/** Each version runs all commands in one way, and in the other way the commands that are cheap. */
const RUNS = COMMANDS.map(([version, file], index) => ({
  version,
  file,
  way: (index === 0 ? 'environment' : 'arguments') as Way,
  otherWay: (index === 0 ? 'arguments' : 'environment') as Way,
}))
/** The command line that the tests run now, and the way in which it finds the deployment. */
let command = ''
let way: Way = 'arguments'

function findCommand(name: string): [version: string, file: string] {
  const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`)
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
  return [version, join(dirname(manifest), 'bin/main.js')]
}

const NOTES = `
import { actionGeneric, httpActionGeneric, internalMutationGeneric, mutationGeneric, queryGeneric } from 'convex/server'
import { v } from 'convex/values'
export const list = queryGeneric({ args: {}, returns: v.array(v.any()), handler: ctx => ctx.db.query('notes').collect() })
export const add = mutationGeneric({ args: { text: v.string(), size: v.optional(v.int64()) }, handler: async (ctx, args) => { console.log('adding', args.text); return await ctx.db.insert('notes', args) } })
export const clear = internalMutationGeneric(async ctx => { for (const { _id } of await ctx.db.query('notes').collect()) await ctx.db.delete(_id); return 'cleared' })
export const whoami = queryGeneric(async ctx => (await ctx.auth.getUserIdentity())?.name ?? null)
export const secret = queryGeneric(() => process.env.SECRET ?? null)
export const fails = mutationGeneric(() => { throw new Error('on demand') })
export const storeFile = actionGeneric(ctx => ctx.storage.store(new Blob(['kept'], { type: 'text/plain' })))
export const fileUrl = queryGeneric((ctx, { id }) => ctx.storage.getUrl(id))
`

const list = makeFunctionReference<'query'>('notes:list')
const add = makeFunctionReference<'mutation'>('notes:add')
const clear = makeFunctionReference<'mutation'>('notes:clear')
const secret = makeFunctionReference<'query'>('notes:secret')
const fails = makeFunctionReference<'mutation'>('notes:fails')
const storeFile = makeFunctionReference<'action'>('notes:storeFile')
const fileUrl = makeFunctionReference<'query'>('notes:fileUrl')

let project: string
let deployment: Deployment
beforeAll(async () => {
  const app = await startApp({
    'package.json': JSON.stringify({ name: 'app', dependencies: { convex: '*' } }),
    'convex/notes.ts': NOTES,
    'convex/http.ts': `
import { httpActionGeneric, httpRouter } from 'convex/server'
const http = httpRouter()
http.route({ path: '/hello', method: 'GET', handler: httpActionGeneric(async () => new Response('hi')) })
export default http
`,
    'convex/shop/convex.config.ts': 'import { defineComponent } from \'convex/server\'\nexport default defineComponent(\'shop\')\n',
    'convex/shop/items.ts': 'import { mutationGeneric } from \'convex/server\'\nexport const add = mutationGeneric((ctx, args) => ctx.db.insert(\'items\', args))\n',
    'convex/convex.config.ts': 'import { defineApp } from \'convex/server\'\nimport shop from \'./shop/convex.config\'\nconst app = defineApp()\napp.use(shop)\nexport default app\n',
  }, { functions: 'convex', env: { GREETING: 'hello' } });
  ({ deployment, folder: project } = app)
  return app.close
})

interface Result {
  code: number | null
  stdout: string
  stderr: string
}

interface RunOptions {
  /** How the command finds the deployment. @default the way of the tests that run now */
  by?: Way
  target?: Deployment
  input?: string
  /** Ends a command that runs until it is interrupted, once this text is on stdout. */
  until?: string
  /** Called with the whole stdout whenever it grows. */
  onOutput?: (stdout: string) => void
}

/** Runs `npx convex` in the project. */
async function convex(args: string[], { by = way, target = deployment, input = '', until, onOutput }: RunOptions = {}): Promise<Result> {
  const { url, adminKey } = target
  const byArguments = by === 'arguments' ? ['--url', url, '--admin-key', adminKey] : []
  const byEnvironment = by === 'environment' ? { CONVEX_SELF_HOSTED_URL: url, CONVEX_SELF_HOSTED_ADMIN_KEY: adminKey } : {}
  const child = spawn(process.execPath, [command, ...args, ...byArguments], {
    cwd: project,
    env: { PATH: process.env.PATH, HOME: project, CI: '1', NO_COLOR: '1', ...byEnvironment },
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (text) => {
    output.stdout += String(text)
    onOutput?.(output.stdout)
    if (until !== undefined && output.stdout.includes(until))
      child.kill()
  })
  child.stderr.on('data', (text) => {
    output.stderr += String(text)
  })
  child.stdin.end(input)
  const code = await new Promise<number | null>(resolve => child.on('close', resolve))
  return { code, ...output }
}

async function succeed(args: string[], options?: RunOptions): Promise<Result> {
  const result = await convex(args, options)
  expect(result, result.stderr).toMatchObject({ code: 0 })
  return result
}

describe.each(RUNS)('the command line of convex $version, by $way', ({ version, file, way: ownWay, otherWay }) => {
  beforeAll(() => {
    command = file
    way = ownWay
  })

  it(`also finds the deployment by ${otherWay}`, async () => {
    const by = otherWay
    await deployment.mutation(add, { text: 'found' })
    expect((await succeed(['run', 'notes:list'], { by })).stdout).toContain('"text": "found"')
    expect((await succeed(['data', 'notes'], { by })).stdout).toContain('"found"')
    expect((await succeed(['env', 'get', 'GREETING'], { by })).stdout).toBe('hello\n')
    expect(JSON.parse((await succeed(['function-spec'], { by })).stdout).url).toBe(deployment.url)
    const logs = await convex(['logs', '--history', '5', '--success'], { by, until: '\'adding\' \'found\'' })
    expect(logs.stdout).toContain('[CONVEX M(notes:add)]')
    const path = join(project, `by-${by}-${version}.zip`)
    await succeed(['export', '--path', path], { by })
    await succeed(['import', path, '--replace-all', '--yes'], { by })
    expect(await deployment.query(list)).toMatchObject([{ text: 'found' }])
    await deployment.mutation(clear)
  })

  describe('npx convex run', () => {
    it('runs a query, a mutation and an internal function, and prints the results', async () => {
      const added = await succeed(['run', 'notes:add', '{"text":"by command"}'])
      expect(JSON.parse(added.stdout)).toEqual(expect.any(String))
      expect(added.stderr).toContain('\'adding\' \'by command\'')
      const listed = await succeed(['run', 'notes:list'])
      expect(JSON.parse(listed.stdout)).toMatchObject([{ text: 'by command' }])
      expect((await succeed(['run', 'notes:clear'])).stdout).toBe('"cleared"\n')
    })

    it('runs as the user of --identity', async () => {
      const { stdout } = await succeed(['run', 'notes:whoami', '--identity', '{"name":"Ada"}'])
      expect(stdout).toBe('"Ada"\n')
    })

    it('runs a function of a component with --component', async () => {
      const { stdout } = await succeed(['run', 'items:add', '{"name":"tea"}', '--component', 'shop'])
      expect(JSON.parse(stdout)).toEqual(expect.any(String))
      expect((await succeed(['data', '--component', 'shop'])).stdout).toBe('items\n')
    })

    it('lists the functions if the named one does not exist', async () => {
      const { code, stderr } = await convex(['run', 'notes:missing'])
      expect(code).toBe(1)
      expect(stderr).toContain('Could not find function for \'notes.js:missing\'')
      expect(stderr).toContain('notes:add')
    })

    it('prints the error of a function', async () => {
      const { code, stderr } = await convex(['run', 'notes:fails'])
      expect([code, stderr]).toEqual([1, expect.stringContaining('Uncaught Error: on demand')])
    })

    it('prints each new result of a query with --watch', async () => {
      const watching = convex(['run', 'notes:list', '--watch'], { until: 'watched' })
      await expect.poll(() => deployment.connections.length).toBe(1)
      await deployment.mutation(add, { text: 'watched' })
      expect((await watching).stdout).toContain('"text": "watched"')
      await deployment.mutation(clear)
    })

    it('is refused with another admin key', async () => {
      const { code, stderr } = await convex(['run', 'notes:list'], { target: { ...deployment, adminKey: 'convue|wrong' } })
      expect([code, stderr]).toEqual([1, expect.stringContaining('BadDeployKey')])
    })
  })

  describe('npx convex data', () => {
    it('lists the tables, and the documents of a table', async () => {
      await deployment.mutation(add, { text: 'first', size: 3n })
      await deployment.mutation(add, { text: 'second' })
      expect((await succeed(['data'])).stdout).toContain('notes')
      const { stdout } = await succeed(['data', 'notes'])
      expect(stdout).toMatch(/_id +\| _creationTime +\| size +\| text/)
      expect(stdout.indexOf('"second"')).toBeLessThan(stdout.indexOf('"first"'))
      const limited = await succeed(['data', 'notes', '--limit', '1', '--order', 'asc', '--format', 'jsonLines'])
      expect(limited.stdout).toMatch(/^\{.*"size": 3n, "text": "first" \}\n$/)
      await deployment.mutation(clear)
    })
  })

  describe('npx convex env', () => {
    it('lists, gets, sets and removes variables, which functions then see', async () => {
      expect((await succeed(['env', 'get', 'GREETING'])).stdout).toBe('hello\n')
      expect(await deployment.query(secret)).toBeNull()
      expect((await succeed(['env', 'set', 'SECRET', 'whisper'])).stderr).toContain('Successfully set SECRET')
      expect(await deployment.query(secret)).toBe('whisper')
      expect((await succeed(['env', 'list', '--include-values'])).stdout).toMatch(/GREETING=hello\n(?:.*\n)*SECRET=whisper\n/)
      expect((await succeed(['env', 'remove', 'SECRET'])).stderr).toContain('Successfully unset SECRET')
      expect(await deployment.query(secret)).toBeNull()
    })

    it('refuses a name that Convex refuses', async () => {
      const { code, stderr } = await convex(['env', 'set', '1ST', 'x'])
      expect([code, stderr]).toEqual([1, expect.stringContaining('1ST')])
    })
  })

  describe('npx convex function-spec', () => {
    it('describes the functions with their validators, and the routes', async () => {
      const { stdout } = await succeed(['function-spec'])
      const { url, functions } = JSON.parse(stdout)
      expect(url).toBe(deployment.url)
      expect(functions).toContainEqual({
        identifier: 'notes.js:add',
        functionType: 'Mutation',
        visibility: { kind: 'public' },
        args: { type: 'object', value: { text: { fieldType: { type: 'string' }, optional: false }, size: { fieldType: { type: 'bigint' }, optional: true } } },
        returns: { type: 'any' },
      })
      expect(functions).toContainEqual({ functionType: 'HttpAction', method: 'GET', path: '/hello' })
      expect(functions).toContainEqual(expect.objectContaining({ identifier: 'notes.js:clear', visibility: { kind: 'internal' } }))
    })
  })

  describe('npx convex logs', () => {
    it('prints the console lines and the errors of functions, previous ones and new ones', async () => {
      await deployment.mutation(fails).catch(() => {})
      let isAdded = false
      const addOnce = (stdout: string): void => {
        // The history has been printed.
        if (isAdded || !stdout.includes('on demand'))
          return
        isAdded = true
        void deployment.mutation(add, { text: 'logged' })
      }
      const { stdout } = await convex(['logs', '--history', '5', '--success'], { until: '\'adding\' \'logged\'', onOutput: addOnce })
      expect(stdout).toContain('[CONVEX M(notes:fails)]')
      expect(stdout).toContain('Uncaught Error: on demand')
      expect(stdout).toMatch(/\[CONVEX M\(notes:add\)\] \[LOG\] 'adding' 'logged'/)
      await deployment.settled()
      await deployment.mutation(clear)
    })
  })

  describe('npx convex export and import', () => {
    it('copies all documents and files to another deployment, with their ids', async () => {
      await deployment.mutation(add, { text: 'exported 12 {"$integer":"AQAAAAAAAAA="}', size: 9007199254740993n })
      const fileId = await deployment.action(storeFile)
      await succeed(['run', 'items:add', '{"name":"tea"}', '--component', 'shop'])
      const path = join(project, `snapshot-${version}.zip`)
      const exported = await succeed(['export', '--path', path, '--include-file-storage'])
      expect(exported.stderr).toContain('Downloaded snapshot export')
      const entries = readZip(readFileSync(path))
      // Integers have no decimal point, floats have one, as in the exports of Convex.
      expect(entries.find(({ name }) => name === 'notes/documents.jsonl')!.data.toString()).toContain('"size":9007199254740993')
      expect(entries.find(({ name }) => name === 'notes/generated_schema.jsonl')!.data.toString()).toBe('"uniform"\n')
      expect(entries.map(({ name }) => name)).toEqual(expect.arrayContaining([
        '_tables/documents.jsonl',
        'notes/documents.jsonl',
        '_storage/documents.jsonl',
        `_storage/${fileId}`,
        '_components/shop/items/documents.jsonl',
      ]))

      const other = await startDeployment({ functions: join(project, 'convex') })
      const imported = await succeed(['import', path, '--yes'], { target: other })
      expect(imported.stderr).toMatch(/Added \d+ documents/)
      expect(await other.query(list)).toEqual(await deployment.query(list))
      const url = await other.query(fileUrl, { id: fileId })
      expect(await (await fetch(url)).text()).toBe('kept')

      const again = await convex(['import', path, '--yes'], { target: other })
      expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('already exists')])
      await succeed(['import', path, '--replace-all', '--yes'], { target: other })
      expect(await other.query(list)).toEqual(await deployment.query(list))
      await other.close()
      await deployment.mutation(clear)
    })

    it.each([
      ['lines.jsonl', '{"text":"a"}\n{"text":"b","size":{"$integer":"AQAAAAAAAAA="}}\n', [{ text: 'a' }, { text: 'b', size: 1n }]],
      ['list.json', '[{"text":"a"},{"text":"b"}]', [{ text: 'a' }, { text: 'b' }]],
      ['rows.csv', 'text,count\na,1\n"b, ""c""",x\n', [{ text: 'a', count: 1 }, { text: 'b, "c"', count: 'x' }]],
    ])('imports a table from %s', async (name, content, documents) => {
      const path = join(project, name)
      await writeFile(path, content)
      const { stderr } = await succeed(['import', path, '--table', 'notes', '--replace', '--yes'])
      expect(stderr).toContain('Added 2 documents to table "notes"')
      expect(await deployment.query(list)).toMatchObject(documents)
      await deployment.mutation(clear)
    })
  })
})

describe('an archive that a command line has exported', () => {
  const pairs = COMMANDS.map(([version, file], index) => {
    const [otherVersion, otherFile] = COMMANDS[1 - index]!
    return { version, file, otherVersion, otherFile }
  })
  it.each(pairs)('is imported by another version: from convex $version by convex $otherVersion', async ({ version, file, otherFile }) => {
    await deployment.mutation(add, { text: `of ${version}`, size: 2n ** 60n })
    const fileId = await deployment.action(storeFile)
    const path = join(project, `from-${version}.zip`)
    command = file
    await succeed(['export', '--path', path, '--include-file-storage'])

    const other = await startDeployment({ functions: join(project, 'convex') })
    command = otherFile
    await succeed(['import', path, '--yes'], { target: other })
    expect(await other.query(list)).toEqual(await deployment.query(list))
    expect(await (await fetch(await other.query(fileUrl, { id: fileId }))).text()).toBe('kept')
    await other.close()
    await deployment.mutation(clear)
  })
})
