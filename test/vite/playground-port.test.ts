import { afterEach, describe, expect, it, vi } from 'vitest'
import playground from '../../playground/vite.config.ts'

afterEach(() => vi.unstubAllEnvs())

/** The server options of the playground, as `npm run dev` has them. */
async function serverOptions(port: string | undefined): Promise<object | undefined> {
  for (const name of ['VITE_CONVEX_URL', 'CONVEX_DEPLOYMENT'])
    vi.stubEnv(name, undefined)
  vi.stubEnv('PORT', port)
  return (await playground({ mode: 'a mode without a file', command: 'serve' })).server
}

describe('the playground', () => {
  it('uses the port in PORT, and no other', async () => {
    expect(await serverOptions('4321')).toEqual({ port: 4321, strictPort: true })
  })

  it('leaves the choice of the port to Vite without PORT', async () => {
    for (const port of [undefined, ''])
      expect(await serverOptions(port)).toEqual({ strictPort: false })
  })

  it.each(['web', '0', '65536', '80.5'])('refuses PORT with the value %s', async (port) => {
    await expect(serverOptions(port)).rejects.toThrow(`PORT is "${port}", which is not a port.`)
  })
})
