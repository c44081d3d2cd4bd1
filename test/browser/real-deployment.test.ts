import type { Deployment } from '../../src/testing/index.ts'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { startDeployment } from '../../src/testing/index.ts'
import { taskRow, usePlayground } from '../support/browser/playground.ts'
import { startPlayground } from '../support/browser/start-playground.ts'
import { freePort } from '../support/live/free-port.ts'

const ROOT = join(import.meta.dirname, '../..')

/** The test starts this deployment. The playground uses it like a deployment in the cloud. */
let deployment: Deployment

const fixture = usePlayground(async () => {
  // Better Auth accepts only the origin of the app, so the deployment needs the port of the app
  // before the app starts.
  const port = await freePort()
  deployment = await startDeployment({ functions: join(ROOT, 'playground/convex'), siteUrl: `http://localhost:${port}` })
  return await startPlayground({ port, addresses: deployment, isBuilt: false })
})

afterAll(() => deployment?.close())

/** Runs `npm run dev` with a real deployment. The result is its exit code and its output. */
async function runDev(variables: Record<string, string>): Promise<{ code: number, stderr: string }> {
  const { VITEST, PORT, ...inherited } = process.env
  const options = { cwd: ROOT, env: { ...inherited, ...variables }, timeout: 60_000 }
  return await promisify(execFile)('npm', ['run', '--silent', 'dev'], options).then(({ stderr }) => ({ code: 0, stderr }), error => error)
}

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
      const { code, stderr } = await runDev({ VITE_CONVEX_URL: deployment.url, VITE_CONVEX_SITE_URL: deployment.siteUrl })
      expect(stderr).toContain('Port 5173 is already in use')
      expect(code).toBe(1)
    }
    finally {
      occupant.close()
    }
  })

  it.each([
    ['an invalid URL', { VITE_CONVEX_URL: 'nonsense' }, 'VITE_CONVEX_URL is "nonsense", which is not the address of a deployment.'],
    ['an invalid port', { PORT: 'web' }, 'PORT is "web", which is not a port.'],
  ])('does not start with %s, and reports what is wrong', async (_name, variables, message) => {
    const { code, stderr } = await runDev(variables)
    expect(stderr).toContain(message)
    expect(code).toBe(1)
  })
})
