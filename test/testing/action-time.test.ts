import type { Deployment } from '../../src/testing/index.ts'
import { anyApi } from 'convex/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDeployment } from '../../src/testing/index.ts'
import { createFolder, removeFolder, writeFunctions } from './functions-folder.ts'

const MINUTE = 60_000

const WAITING = `
import { actionGeneric, anyApi, mutationGeneric, queryGeneric } from 'convex/server'
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))
export const mark = mutationGeneric((ctx, { text }) => ctx.db.insert('marks', { text }))
export const marks = queryGeneric(async ctx => (await ctx.db.query('marks').collect()).map(({ text }) => text))
export const wait = actionGeneric(async (ctx, { ms, text }) => {
  await ctx.runMutation(anyApi.waiting.mark, { text: text + ' begins' })
  await sleep(ms)
  await ctx.runMutation(anyApi.waiting.mark, { text: text + ' ends' })
  return 'done'
})`

const HTTP = `
import { anyApi, httpActionGeneric, httpRouter } from 'convex/server'
const http = httpRouter()
http.route({ path: '/wait', method: 'GET', handler: httpActionGeneric(async (ctx) => {
  await ctx.runMutation(anyApi.waiting.mark, { text: 'http begins' })
  await new Promise(() => setTimeout(() => {}, 3_600_000))
}) })
export default http`

const { waiting } = anyApi as Record<string, any>

let folder: string
let deployment: Deployment
beforeAll(async () => {
  folder = await createFolder()
  await writeFunctions(folder, { 'waiting.ts': WAITING, 'http.ts': HTTP })
  deployment = await startDeployment({ functions: folder })
})
afterAll(async () => {
  await deployment.close()
  await removeFolder(folder)
})

async function untilMarked(text: string): Promise<void> {
  await expect.poll(() => deployment.query(waiting.marks, {})).toContain(text)
}

describe('an action', () => {
  it('fails after 10 minutes on the deployment\'s clock', async () => {
    const outcome = deployment.action(waiting.wait, { ms: 60 * MINUTE, text: 'long' }).catch(error => error.message)
    await untilMarked('long begins')

    await deployment.advanceClock(9 * MINUTE)
    await deployment.advanceClock(2 * MINUTE)
    expect(await outcome).toContain('Function execution timed out (maximum duration: 600s)')
    await deployment.settled()
    await deployment.advanceClock(60 * MINUTE)
    expect(await deployment.query(waiting.marks, {})).not.toContain('long ends')
  })

  it('fails if its timer is due after the limit, even if the clock is set past the timer at once', async () => {
    const outcome = deployment.action(waiting.wait, { ms: 11 * MINUTE, text: 'late' }).catch(error => error.message)
    await untilMarked('late begins')

    await deployment.advanceClock(60 * MINUTE)
    expect(await outcome).toContain('Function execution timed out (maximum duration: 600s)')
    expect(await deployment.query(waiting.marks, {})).not.toContain('late ends')
  })

  it('succeeds if its last timer is due earlier, although the clock is set forward further', async () => {
    const outcome = deployment.action(waiting.wait, { ms: 5 * MINUTE, text: 'short' })
    await untilMarked('short begins')

    await deployment.advanceClock(24 * 60 * MINUTE)
    expect(await outcome).toBe('done')
  })
})

describe('an HTTP action', () => {
  it('is answered with an error after 10 minutes on the deployment\'s clock', async () => {
    const response = fetch(`${deployment.siteUrl}/wait`)
    await untilMarked('http begins')

    await deployment.advanceClock(11 * MINUTE)
    expect((await response).status).toBe(500)
    expect(await (await response).text()).toContain('Function execution timed out (maximum duration: 600s)')
  })
})
