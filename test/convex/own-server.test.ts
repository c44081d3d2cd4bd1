import type { SigningKey } from '../../src/convex/index.ts'
import type { Deployment } from '../../src/testing/index.ts'
import type { AuthServer } from './support/auth-server.ts'
import { join } from 'node:path'
import { ConvexHttpClient } from 'convex/browser'
import { anyApi } from 'convex/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDeployment } from '../../src/testing/index.ts'
import { ORIGIN } from '../support/live/deployment.ts'
import { serve } from '../support/live/serve.ts'
import { createAuthServer, signUp, SITE_URL } from './support/auth-server.ts'
import { lines } from './support/lines.ts'

const { users } = anyApi as any

describe.each(lines)('convex on a server of the app, with Better Auth %s', (line) => {
  let deployment: Deployment
  let server: AuthServer
  let closeServer: () => Promise<unknown>
  let issuer: string

  beforeAll(async () => {
    // Convex requests the public keys from this server.
    const served = await serve(request => server.auth.handler(new Request(new URL(new URL(request.url).pathname, SITE_URL))))
    closeServer = served.close
    issuer = served.url
    server = await createAuthServer(line, ({ convex }) => ({ plugins: [convex({ issuer })] }))
    deployment = await startDeployment({
      functions: join(import.meta.dirname, 'apps/tokens/convex'),
      siteUrl: ORIGIN,
      env: { JWKS: '', AUTH_ISSUER: issuer, BASE_PATH: '', CROSS_DOMAIN: '' },
    })
  })
  afterAll(async () => {
    await deployment.close()
    await closeServer()
  })

  const whoami = (token: string): Promise<any> => new ConvexHttpClient(deployment.url, { auth: token, logger: false }).query(users.whoami)

  it('issues tokens that Convex verifies with the published keys, and then with static keys', async () => {
    const ada = await signUp(server)
    const token = (await ada.get('/convex/token')).body.token
    const identity = { subject: ada.userId, issuer, email: ada.email, sessionId: server.db.session!.at(-1).id }
    expect(await whoami(token)).toMatchObject(identity)

    await deployment.setEnv('JWKS', JSON.stringify(await server.auth.api.getLatestJwks()))
    expect(await whoami(token)).toMatchObject(identity)
    const rotated: SigningKey[] = await server.auth.api.rotateKeys()
    await deployment.setEnv('JWKS', JSON.stringify(rotated))
    expect(await whoami(token)).toMatchObject(identity)

    const restarted = server.withOptions(({ convex }) => ({ plugins: [convex({ issuer, jwks: JSON.stringify(rotated) })] }))
    const headers = new Headers({ authorization: `Bearer ${server.db.session!.at(-1).token}` })
    const next = await restarted.auth.api.getToken({ headers })
    expect(await whoami(next.token)).toMatchObject(identity)

    await deployment.setEnv('JWKS', JSON.stringify(await restarted.auth.api.rotateKeys({ body: { revoke: true } })))
    await expect(whoami(next.token)).rejects.toThrow('Could not verify token')
  })
})
