import { convexClient } from '@convex-dev/better-auth/client/plugins'
import { createAuthClient } from 'better-auth/vue'
import { createConvex } from 'convue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeToken } from '../support/scripted/fake-token.ts'
import { ScriptedDeployment } from '../support/scripted/scripted-deployment.ts'

const SECRET = 'secret-0123456789-abcdef'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  localStorage.clear()
  vi.useRealTimers()
})

/** Every part of an error that a log could show. */
function everythingOf(error: unknown): string {
  return error instanceof Error
    ? [error.name, error.message, error.stack, JSON.stringify(error), everythingOf(error.cause)].join('\n')
    : JSON.stringify(error) ?? ''
}

const session = { user: { id: 'ada' }, session: { id: 's1', token: SECRET } }

/** A page whose Better Auth answers with these bodies. */
async function openPage(answers: Record<string, unknown>, accepts = true) {
  const deployment = new ScriptedDeployment()
  deployment.accepts = () => accepts
  const authClient = createAuthClient({
    baseURL: 'https://app.example.com/api/auth',
    plugins: [convexClient()],
    fetchOptions: {
      customFetchImpl: async input => Response.json(answers[new URL(String(input)).pathname.replace('/api/auth', '')] ?? null),
    },
  })
  const convex = createConvex({ url: deployment.url, authClient, clientOptions: deployment.clientOptions })
  // The page depends on the user.
  void convex.auth.ready()
  await vi.advanceTimersByTimeAsync(30_000)
  return {
    convex,
    async close() {
      const closed = convex.close()
      await vi.advanceTimersByTimeAsync(1000)
      await closed
    },
  }
}

describe('createConvex › errors of authentication', () => {
  // After an unusable session, Convue requests a token. Unless a case says otherwise, the token
  // endpoint answers null.
  it.each([
    ['a session without a user', { '/get-session': { session: session.session } }, 'TOKEN_REQUEST_FAILED'],
    ['a session without an id', { '/get-session': { user: session.user, session: { token: SECRET } } }, 'TOKEN_REQUEST_FAILED'],
    ['a token that is not a JWT', { '/get-session': session, '/convex/token': { token: SECRET } }, 'TOKEN_INVALID'],
    ['a token in the wrong place', { '/get-session': session, '/convex/token': { jwt: SECRET } }, 'TOKEN_REQUEST_FAILED'],
  ])('do not quote a secret from an unusable response: %s', async (_name, answers, code) => {
    const { convex, close } = await openPage(answers)
    expect(convex.auth.error.value).toMatchObject({ code })
    expect(everythingOf(convex.auth.error.value)).not.toContain(SECRET)
    await close()
  })

  it('do not contain a token that the deployment rejects', async () => {
    const token = fakeToken('ada')
    const { convex, close } = await openPage({ '/get-session': session, '/convex/token': { token } }, false)
    expect(convex.auth.error.value).not.toBeNull()
    expect(everythingOf(convex.auth.error.value)).not.toContain(token.split('.')[1])
    await close()
  })

  it('do not quote a secret from an unusable response to a sign-out request', async () => {
    const { convex, close } = await openPage({ '/get-session': session, '/convex/token': { token: fakeToken('ada') }, '/sign-out': session })
    const error = await convex.auth.signOut().catch(error => error)
    expect(error).toMatchObject({ code: 'SIGN_OUT_FAILED' })
    expect(everythingOf(error)).not.toContain(SECRET)
    await close()
  })
})
