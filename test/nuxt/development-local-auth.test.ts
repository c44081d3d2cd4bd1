import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { configOf, useDevApps } from './dev-app.ts'

const EXAMPLE = join(import.meta.dirname, '../../examples/nuxt-auth-on-nuxt')

const createApp = useDevApps()

describe('nuxt dev with auth: \'local\', without variables', () => {
  it('gives the app and the deployment their secrets, and keeps sessions after a restart', async () => {
    const app = createApp({ functions: null })
    for (const folder of ['convex', 'server/routes', 'server/utils'])
      cpSync(join(EXAMPLE, folder), join(app.root, folder), { recursive: true, filter: path => !path.includes('_generated') })
    // The deployment bundles the functions itself, and finds packages only in `node_modules`.
    app.write('convex/node_modules/convue/package.json', '{ "name": "convue", "type": "module", "exports": { "./convex": "./convex.ts" } }')
    app.write('convex/node_modules/convue/convex.ts', 'export * from \'../../../../../../src/convex/index.ts\'\n')
    app.write('nuxt.config.ts', configOf('{ auth: \'local\' }'))

    let server = await app.dev()
    const ada = await server.signUp('Ada')
    expect(ada.status).toBe(200)
    expect((await server.get('/', ada.cookie)).html).toContain('Hello Ada')
    expect(server.log).not.toContain('UNAUTHENTICATED')

    await server.stop()
    server = await app.dev()
    expect((await server.get('/', ada.cookie)).html).toContain('Hello Ada')
  })
})
