import type { Deployment } from '../../src/testing/index.ts'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { startPlayground } from '../../playground/start-playground.ts'
import { startDeployment } from '../../src/testing/index.ts'
import { taskRow, usePlayground } from '../support/browser/playground.ts'
import { freePort } from '../support/live/free-port.ts'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/** The test starts this deployment. The playground uses it like a deployment in the cloud. */
let deployment: Deployment

const fixture = usePlayground(async () => {
  // Better Auth accepts only the origin of the app, so the deployment needs the port of the app
  // before the app starts.
  const port = await freePort()
  deployment = await startDeployment({ functions: path('../../playground/convex'), siteUrl: `http://localhost:${port}` })
  return await startPlayground({ port, convexUrl: deployment.url, convexSiteUrl: deployment.siteUrl })
})

afterAll(() => deployment?.close())

describe('the playground with the URL of a deployment', () => {
  it('stores the accounts and the data in that deployment', async () => {
    const { page } = await fixture.openWindow(await fixture.openProfile(), '/sign-up')
    await page.getByLabel('Name').fill('Ada')
    await page.getByLabel('Email').fill('ada@example.com')
    await page.getByLabel('Password').fill('correct horse battery')
    await page.locator('form').getByRole('button', { name: 'Sign up' }).click()
    await page.getByText('No tasks yet').waitFor()
    await page.getByLabel('New task').fill('Water the ferns')
    await page.getByLabel('New task').press('Enter')
    await taskRow(page, 'Water the ferns').waitFor()

    expect(fixture.playground.deployment).toBeNull()
    await deployment.settled()
    expect(deployment.log).toContainEqual(expect.objectContaining({ kind: 'http', name: 'POST /api/auth/sign-up/email', outcome: 'success' }))
    expect(deployment.log).toContainEqual(expect.objectContaining({ kind: 'mutation', name: 'tasks:add', outcome: 'success' }))
    expect(deployment.connections.flatMap(({ queries }) => queries)).toContainEqual(expect.objectContaining({ name: 'tasks:list' }))
  })

  it('does not start on another port if the port of SITE_URL is in use', async () => {
    const occupant = createServer()
    occupant.listen(5173, 'localhost')
    // If another process listens on the port already, the port is taken as well.
    await once(occupant, 'listening').catch(() => {})
    try {
      await expect(startPlayground({ convexUrl: deployment.url, watch: false })).rejects.toThrow(/^Port 5173 is taken.*SITE_URL/)
    }
    finally {
      occupant.close()
    }
  })

  it('does not start with an invalid URL, and reports what is wrong with the URL', async () => {
    const env = { ...process.env, VITE_CONVEX_URL: 'nonsense' }
    const starting = promisify(execFile)(process.execPath, [path('../../playground/dev.ts')], { env, timeout: 20_000 })
    await expect(starting).rejects.toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^VITE_CONVEX_URL is "nonsense", which is not an http\(s\) URL\./) })
  })
})
