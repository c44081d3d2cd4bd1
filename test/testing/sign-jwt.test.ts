import type { Deployment } from '../../src/testing/index.ts'
import { join } from 'node:path'
import { anyApi } from 'convex/server'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startDeployment } from '../../src/testing/index.ts'
import { createFolder, createFunctions, removeFolder, writeFunctions } from './functions-folder.ts'
import { RawClient } from './raw-client.ts'

const FILES = {
  'auth.config.ts': `export default { providers: [{
    type: 'customJwt',
    issuer: process.env.CONVEX_CLOUD_URL,
    jwks: process.env.CONVEX_CLOUD_URL + '/.well-known/jwks.json',
    algorithm: 'ES256',
  }] }`,
  'convex.config.ts': 'import { defineApp } from \'convex/server\'\nimport shop from \'./shop/convex.config\'\nconst app = defineApp()\napp.use(shop)\nexport default app\n',
  'shop/convex.config.ts': 'import { defineComponent } from \'convex/server\'\nexport default defineComponent(\'shop\')\n',
  'shop/tokens.ts': `
    import { mutationGeneric } from 'convex/server'
    export const sign = mutationGeneric((ctx, options) => ctx.auth.signJwt(options))`,
  'tokens.ts': `
    import { actionGeneric, componentsGeneric, getServiceToken, getServiceUrl, mutationGeneric, queryGeneric } from 'convex/server'
    export const sign = mutationGeneric((ctx, options) => ctx.auth.signJwt(options))
    export const signInShop = mutationGeneric((ctx, options) => ctx.runMutation(componentsGeneric().shop.tokens.sign, options))
    export const subject = queryGeneric(async ctx => (await ctx.auth.getUserIdentity())?.subject ?? null)
    export const ofMutation = mutationGeneric(async ctx => (await ctx.meta.getRequestMetadata()).authToken)
    export const ofAction = actionGeneric(async ctx => (await ctx.meta.getRequestMetadata()).authToken)
    export const serviceToken = actionGeneric(() => getServiceToken('ai-gateway'))
    export const serviceUrl = actionGeneric(() => getServiceUrl('ai-gateway'))`,
}
const { tokens } = anyApi as Record<string, any>

let folder: string
let deployment: Deployment
beforeAll(async () => {
  folder = await createFolder()
  await writeFunctions(folder, FILES)
  deployment = await startDeployment({ functions: folder })
})
afterAll(async () => {
  await deployment.close()
  await removeFolder(folder)
})

async function verify(token: string): Promise<Awaited<ReturnType<typeof jwtVerify>>> {
  return await jwtVerify(token, createRemoteJWKSet(new URL(`${deployment.url}/.well-known/jwks.json`)))
}

async function call(kind: 'query' | 'mutation' | 'action', path: string, token: string): Promise<unknown> {
  const response = await fetch(`${deployment.url}/api/${kind}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'authorization': `Bearer ${token}` },
    body: JSON.stringify({ path, args: {}, format: 'json' }),
  })
  return (await response.json() as { value: unknown }).value
}

describe('ctx.auth.signJwt', () => {
  it('signs a token with the deployment\'s key, whose public part is served', async () => {
    const token = await deployment.mutation(tokens.sign, { claims: { sub: 'ada', role: 'reader' }, expiresInSeconds: 60 })

    const { payload, protectedHeader } = await verify(token)
    expect(payload).toEqual({ sub: 'ada', role: 'reader', iss: deployment.url, iat: expect.any(Number), exp: payload.iat! + 60 })
    expect(protectedHeader).toMatchObject({ alg: 'ES256', typ: 'JWT', kid: expect.any(String) })
  })

  it('names the component that has signed the token', async () => {
    const { payload } = await verify(await deployment.mutation(tokens.signInShop, { expiresInSeconds: 60 }))
    expect(payload.iss).toBe(`${deployment.url}/components/shop`)
  })

  it('signs tokens that authenticate users if auth.config accepts them', async () => {
    const token = await deployment.mutation(tokens.sign, { claims: { sub: 'ada' }, expiresInSeconds: 3600 })
    expect(await call('query', 'tokens:subject', token)).toBe('ada')
  })

  it.each([
    [{ expiresInSeconds: 0 }, 'at least 1 second and at most 1 hour'],
    [{ expiresInSeconds: 3601 }, 'at least 1 second and at most 1 hour'],
    [{ expiresInSeconds: 60, claims: { iss: 'other' } }, 'the claim "iss" is reserved'],
    [{ expiresInSeconds: 60, claims: { CVXrole: 'admin' } }, 'the claim "CVXrole" is reserved'],
  ])('refuses %j', async (options, message) => {
    await expect(deployment.mutation(tokens.sign, options)).rejects.toThrow(message)
  })

  it('keeps the key with the data', async () => {
    const functions = await createFunctions(FILES)
    const keyOf = async (): Promise<unknown> => {
      const kept = await startDeployment({ functions, data: join(functions, '.data') })
      onTestFinished(() => kept.close())
      const keys = await (await fetch(`${kept.url}/.well-known/jwks.json`)).json()
      await kept.close()
      return keys
    }
    expect(await keyOf()).toEqual(await keyOf())
  })
})

describe('ctx.meta.getRequestMetadata', () => {
  it('returns the token of the user in mutations and actions', async () => {
    const token = await deployment.mutation(tokens.sign, { claims: { sub: 'ada' }, expiresInSeconds: 3600 })
    expect(await call('mutation', 'tokens:ofMutation', token)).toBe(token)
    expect(await call('action', 'tokens:ofAction', token)).toBe(token)

    const client = await RawClient.open(deployment.url)
    client.authenticate(0, token)
    client.mutate(0, 'tokens:ofMutation', {})
    expect(await client.nextOf('MutationResponse')).toMatchObject({ result: token })
    expect(await deployment.mutation(tokens.ofMutation, {})).toBeNull()
  })
})

describe('getServiceToken and getServiceUrl', () => {
  it('are refused, since only Convex\'s cloud has services', async () => {
    await expect(deployment.action(tokens.serviceToken, {})).rejects.toThrow('`getServiceToken("ai-gateway")` is only available in Convex\'s cloud')
    await expect(deployment.action(tokens.serviceUrl, {})).rejects.toThrow('`getServiceUrl("ai-gateway")` is only available in Convex\'s cloud')
  })
})
