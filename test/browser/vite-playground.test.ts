import { join } from 'node:path'
import { describe, it, vi } from 'vitest'
import { startApp } from '../../examples/harness/scripts.ts'
import { taskRow, usePlayground } from '../support/browser/playground.ts'

const fixture = usePlayground(async () => {
  // The plugin does nothing in a process of Vitest.
  vi.stubEnv('VITEST', undefined)
  const { url, stop } = await startApp(join(import.meta.dirname, '../..')).finally(() => vi.unstubAllEnvs())
  return { url, deployment: null, close: stop }
})

describe('npm run dev', () => {
  it('serves the playground on the port in PORT, with an embedded deployment and a demo user', async () => {
    const { page } = await fixture.openWindow(await fixture.openProfile(), '/')
    await page.getByRole('button', { name: 'Continue as demo user' }).click()
    await page.getByText('Good to see you, Demo user').waitFor()
    await page.goto('/tasks')
    await page.getByLabel('New task').fill('Water the ferns')
    await page.getByLabel('New task').press('Enter')
    await taskRow(page, 'Water the ferns').waitFor()
  })
})
