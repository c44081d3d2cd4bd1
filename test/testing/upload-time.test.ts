import { once } from 'node:events'
import { connect } from 'node:net'
import { anyApi } from 'convex/server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startDeployment } from '../../src/testing/index.ts'
import { createFunctions } from './functions-folder.ts'

const { files } = anyApi as Record<string, any>

describe('an upload', () => {
  it('is refused if it has not ended after two minutes, and leaves nothing', async () => {
    const deployment = await startDeployment({
      functions: await createFunctions({
        'files.ts': `
          import { mutationGeneric, queryGeneric } from 'convex/server'
          export const uploadUrl = mutationGeneric(ctx => ctx.storage.generateUploadUrl())
          export const count = queryGeneric(async ctx => (await ctx.db.system.query('_storage').collect()).length)`,
      }),
    })
    onTestFinished(() => deployment.close())
    const url = new URL(await deployment.mutation(files.uploadUrl, {}))
    const client = connect(Number(url.port), url.hostname)
    onTestFinished(() => void client.destroy())
    client.write(`POST ${url.pathname}${url.search} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n`)
    // The deployment has begun to read.
    expect(String(await once(client, 'data'))).toContain('100 Continue')
    client.write('half')

    let answer = ''
    client.on('data', (data) => {
      answer += String(data)
    })
    await expect.poll(async () => {
      await deployment.advanceClock(60_000)
      return answer
    }).toContain('HTTP/1.1 408')
    expect(answer).toContain('The upload has not ended within two minutes.')
    expect(await deployment.query(files.count, {})).toBe(0)
  })
})
