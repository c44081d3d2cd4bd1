import type { Deployment } from '../../src/testing/index.ts'
import { anyApi } from 'convex/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDeployment } from '../../src/testing/index.ts'
import { createFolder, removeFolder, writeFunctions } from './functions-folder.ts'
import { RawClient } from './raw-client.ts'

const CHECKED = `
import { actionGeneric, anyApi, componentsGeneric, mutationGeneric } from 'convex/server'
import { v } from 'convex/values'
/** Schedules functions until it has nearly reached the limit, and returns a number or a text. */
export const checked = mutationGeneric({
  args: { n: v.number(), isNearLimit: v.optional(v.boolean()) },
  returns: v.string(),
  handler: async (ctx, { n, isNearLimit }) => {
    for (let count = 0; isNearLimit && count < 801; count++)
      await ctx.scheduler.runAfter(1e9, 'calls:nothing')
    return isNearLimit ? 'near the limit' : n
  },
})
export const nothing = mutationGeneric(() => {})
`
const APP = `
export const nested = mutationGeneric((ctx, args) => ctx.runMutation('calls:checked', args))
export const inComponent = mutationGeneric((ctx, args) => ctx.runMutation(componentsGeneric().shop.calls.checked, args))
export const byAction = actionGeneric((ctx, args) => ctx.runMutation('calls:checked', args))
export const schedule = mutationGeneric((ctx, args) => ctx.scheduler.runAfter(0, 'calls:checked', args))
export const failsNearLimit = mutationGeneric(async (ctx) => {
  for (let count = 0; count < 801; count++)
    await ctx.scheduler.runAfter(1e9, 'calls:nothing')
  throw new Error('on demand')
})
/** An array in an array, and so on. */
export const nest = mutationGeneric((ctx, { levels }) => Array.from({ length: levels }).reduce(inner => [inner], 0))
`
const CRONS = `
import { cronJobs, makeFunctionReference } from 'convex/server'
const crons = cronJobs()
const checked = makeFunctionReference('calls:checked')
crons.interval('bad arguments', { hours: 1 }, checked, { n: 'text' })
crons.interval('bad result', { hours: 1 }, checked, { n: 1 })
crons.interval('near the limit', { hours: 1 }, checked, { n: 1, isNearLimit: true })
export default crons
`
const { calls } = anyApi as Record<string, any>

type Args = Record<string, unknown>
interface Ending {
  error: string | null
  logLines: string[]
}

let folder: string
let deployment: Deployment
beforeAll(async () => {
  folder = await createFolder()
  await writeFunctions(folder, {
    'calls.ts': CHECKED + APP,
    'crons.ts': CRONS,
    'convex.config.ts': 'import { defineApp } from \'convex/server\'\nimport shop from \'./shop/convex.config\'\nconst app = defineApp()\napp.use(shop)\nexport default app\n',
    'shop/convex.config.ts': 'import { defineComponent } from \'convex/server\'\nexport default defineComponent(\'shop\')\n',
    'shop/calls.ts': CHECKED,
  })
  deployment = await startDeployment({ functions: folder })
  // A cron job with an interval runs when it is deployed.
  await deployment.settled()
})
afterAll(async () => {
  await deployment.close()
  await removeFolder(folder)
})

/** Calls a function, and returns the last entry of the log that has its name. */
async function endingOf(name: string, call: () => Promise<unknown>): Promise<Ending> {
  deployment.log.length = 0
  await call().catch(() => {})
  await deployment.settled()
  return toEnding(deployment.log.findLast(entry => entry.name === name)!)
}

function toEnding({ outcome, detail, logLines }: Deployment['log'][number]): Ending {
  return { error: outcome === 'error' ? detail : null, logLines }
}

async function callOverHttp(args: Args): Promise<Ending> {
  const response = await fetch(`${deployment.url}/api/mutation`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ path: 'calls:checked', args, format: 'json' }),
  })
  const { errorMessage = null, logLines } = await response.json() as { errorMessage?: string, logLines: string[] }
  return { error: errorMessage, logLines }
}

async function callOverSocket(args: Args): Promise<Ending> {
  const client = await RawClient.open(deployment.url)
  client.mutate(0, 'calls:checked', args)
  const { success, result, logLines } = await client.nextOf('MutationResponse')
  return { error: success ? null : result, logLines }
}

const WAYS: Record<string, (args: Args) => Promise<Ending>> = {
  'a test': args => endingOf('calls:checked', () => deployment.mutation(calls.checked, args)),
  'the HTTP API': callOverHttp,
  'a socket': callOverSocket,
  'a mutation': args => endingOf('calls:nested', () => deployment.mutation(calls.nested, args)),
  'a mutation, in a component': args => endingOf('calls:inComponent', () => deployment.mutation(calls.inComponent, args)),
  'an action': args => endingOf('calls:byAction', () => deployment.action(calls.byAction, args)),
  'the scheduler': args => endingOf('calls:checked', () => deployment.mutation(calls.schedule, args)),
}

describe.each(Object.entries(WAYS))('a function that is called by %s', (_, call) => {
  it('fails if its arguments or its result do not match the validators', async () => {
    expect((await call({ n: 'text' })).error).toContain('ArgumentValidationError')
    expect((await call({ n: 1 })).error).toContain('ReturnsValidationError')
  })

  it('logs a warning if it has nearly reached a limit', async () => {
    const { error, logLines } = await call({ n: 1, isNearLimit: true })
    expect(error).toBeNull()
    expect(logLines).toEqual(['[WARN] Many functions scheduled by this mutation (actual: 801, limit: 1000).'])
  })
})

describe('a function that is called by a cron job', () => {
  it('fails or logs a warning in the same cases', async () => {
    deployment.log.length = 0
    await deployment.advanceClock(60 * 60 * 1000)
    await deployment.settled()

    const endings = deployment.log.filter(({ name }) => name === 'calls:checked').map(toEnding)
    const errors = endings.map(({ error }) => /\w+ValidationError/.exec(error ?? '')?.[0] ?? 'none')
    expect(errors.sort()).toEqual(['ArgumentValidationError', 'ReturnsValidationError', 'none'])
    expect(endings.flatMap(({ logLines }) => logLines)).toEqual([expect.stringContaining('Many functions scheduled')])
  })
})

describe('a function that fails', () => {
  it('logs a warning too if it has nearly reached a limit', async () => {
    const { error, logLines } = await endingOf('calls:failsNearLimit', () => deployment.mutation(calls.failsNearLimit, {}))
    expect(error).toContain('on demand')
    expect(logLines).toEqual([expect.stringContaining('Many functions scheduled')])
  })
})

describe('a short value', () => {
  it('is refused as a result if it is nested too deeply', async () => {
    expect(await deployment.mutation(calls.nest, { levels: 64 })).toBeInstanceOf(Array)
    await expect(deployment.mutation(calls.nest, { levels: 65 })).rejects.toThrow('Value is too nested (nested 65 levels deep > maximum nesting 64)')
  })
})
