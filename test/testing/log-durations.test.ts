import { anyApi } from 'convex/server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startDeployment } from '../../src/testing/index.ts'
import { createFunctions } from './functions-folder.ts'
import { RawClient } from './raw-client.ts'

const WAIT_MS = 30
const FILES = {
  'slow.ts': `
    import { actionGeneric, anyApi, mutationGeneric } from 'convex/server'
    export const wait = actionGeneric(() => new Promise(resolve => setTimeout(resolve, ${WAIT_MS + 1}, null)))
    export const waitLater = mutationGeneric(ctx => ctx.scheduler.runAfter(0, anyApi.slow.wait))`,
  'http.ts': `
    import { httpActionGeneric, httpRouter } from 'convex/server'
    const http = httpRouter()
    http.route({ path: '/wait', method: 'GET', handler: httpActionGeneric(async () => {
      await new Promise(resolve => setTimeout(resolve, ${WAIT_MS + 1}))
      return new Response('done')
    }) })
    export default http`,
}
const { slow } = anyApi as Record<string, any>

describe('the log', () => {
  it('has the real time of each execution, also for npx convex logs', async () => {
    const deployment = await startDeployment({ functions: await createFunctions(FILES) })
    onTestFinished(() => deployment.close())
    await RawClient.open(deployment.url)
    await deployment.action(slow.wait, {})
    await deployment.mutation(slow.waitLater, {})
    await deployment.settled()
    await fetch(`${deployment.siteUrl}/wait`)
    await deployment.settled()

    const waited = deployment.log.filter(({ name }) => name === 'slow:wait' || name === 'GET /wait')
    expect(waited).toHaveLength(3)
    expect(Math.min(...waited.map(({ durationMs }) => durationMs!))).toBeGreaterThan(WAIT_MS)
    expect(deployment.log.filter(({ kind }) => kind === 'socket').map(({ durationMs }) => durationMs)).toEqual([null, null])

    const headers = { authorization: `Convex ${deployment.adminKey}` }
    const { entries } = await (await fetch(`${deployment.url}/api/stream_function_logs?cursor=0`, { headers })).json() as any
    const times = entries.filter(({ identifier }: any) => identifier === 'slow:wait').map(({ executionTime }: any) => executionTime)
    expect(Math.min(...times)).toBeGreaterThan(WAIT_MS / 1000)
  })
})
