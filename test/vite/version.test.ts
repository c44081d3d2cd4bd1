import process from 'node:process'
import { version } from 'vite'
import { describe, expect, it } from 'vitest'
import { useViteApps } from './vite-app.ts'

describe('convue() in each supported version of Vite', () => {
  const createApp = useViteApps()

  it('starts in the version of Vite that the test project names', async () => {
    expect(version.split('.')[0]).toBe(process.env.VITE_MAJOR)
    const { vite } = await createApp({ functions: false }).start({ data: false })
    expect(vite.config.plugins.map(({ name }) => name)).toContain('convue')
    // Vite 8 bundles with Rolldown, Vite 7 with Rollup.
    expect('rolldownOptions' in vite.config.build).toBe(process.env.VITE_MAJOR === '8')
  })
})
