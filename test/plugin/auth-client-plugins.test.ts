import { crossDomainClient } from '@convex-dev/better-auth/client/plugins'
import { multiSessionClient } from 'better-auth/client/plugins'
import { useAuthedQuery } from 'convue'
import { describe, expect, it } from 'vitest'
import { openPage, page } from '../support/identity-page.ts'
import { identityApi as api, recordTicks } from '../support/identity.ts'
import { json, noAnswer, ScriptedAuthServer, sessionOf } from '../support/scripted-auth-client.ts'
import '../support/console-guard.ts'

let server: ScriptedAuthServer

function openAuthPage(plugins: any[]) {
  const authClient = server.createClient(plugins)
  openPage({ authClient })
  const { result: tasks } = page.run(() => useAuthedQuery(api.tasks, {}))
  return { authClient: authClient as any, tasks, auth: page.convex.auth }
}

/** An auth server on another origin, to which the client sends its session in a header. */
class CrossDomainServer extends ScriptedAuthServer {
  session: string | null = 's1'

  constructor() {
    super('ada')
    localStorage.setItem('better-auth_cookie', JSON.stringify({ 'better-auth.session_token': { value: 's1', expires: null } }))
  }

  override answer(path: string): Response {
    const sent = this.requests.at(-1)!.headers.get('better-auth-cookie')
    this.user = this.session !== null && sent === `better-auth.session_token=${this.session}` ? 'ada' : null
    if (path !== '/sign-out')
      return super.answer(path)
    if (this.user)
      this.session = null
    return Response.json({ success: true }, { headers: { 'set-better-auth-cookie': 'better-auth.session_token=; Max-Age=0; Path=/' } })
  }
}

describe('crossDomainClient()', () => {
  async function openSignedIn() {
    const crossDomain = server = new CrossDomainServer()
    const opened = openAuthPage([crossDomainClient()])
    await page.tick(100)
    expect(opened.tasks.data.value).toBe('ada\'s tasks')
    server.requests.length = 0
    return { ...opened, crossDomain }
  }

  it.each([
    ['useConvexAuth().signOut()', ({ auth }: { auth: { signOut: () => Promise<void> } }) => auth.signOut()],
    ['authClient.signOut()', ({ authClient }: any) => authClient.signOut()],
  ])('is signed out by %s, and the session has ended', async (_name, signOut) => {
    const opened = await openSignedIn()
    await signOut(opened)
    await page.tick(100)
    expect(opened.auth.status.value).toBe('unauthenticated')
    expect(opened.tasks.data.value).toBeUndefined()
    expect(opened.crossDomain.session).toBeNull()
    expect(opened.authClient.getCookie()).toBe('')
    expect(server.count('/convex/token')).toBe(0)
  })

  it.each([
    ['no answer', noAnswer],
    ['500', json({ message: 'Internal' }, { status: 500 })],
  ])('stays signed in, after a reload too, where the request fails: %s', async (_name, answer) => {
    const { auth, authClient, tasks, crossDomain } = await openSignedIn()
    const ticks = recordTicks(() => [auth.status.value, tasks.data.value])
    server.answers['/sign-out'] = answer
    await expect(auth.signOut()).rejects.toMatchObject({ code: 'SIGN_OUT_FAILED' })
    await page.tick(10_000)
    expect(ticks).toEqual(['["authenticated","ada\'s tasks"]'])
    expect(crossDomain.session).toBe('s1')
    expect(authClient.getCookie()).toBe('better-auth.session_token=s1')
    expect(authClient.$store.atoms.session.get().data.user.id).toBe('ada')
    // And the next attempt ends the session.
    delete server.answers['/sign-out']
    await auth.signOut()
    expect(auth.status.value).toBe('unauthenticated')
    expect(crossDomain.session).toBeNull()
  })

  it('keeps its session at an empty answer', async () => {
    const { auth, authClient } = await openSignedIn()
    server.answers['/get-session'] = () => new Response('')
    authClient.$store.notify('$sessionSignal')
    await page.tick(100)
    expect(auth.status.value).toBe('authenticated')
    expect(authClient.getCookie()).toBe('better-auth.session_token=s1')
  })
})

describe('customSession()', () => {
  it('adds its fields to the session', async () => {
    server = new ScriptedAuthServer('ada')
    const { user, session } = sessionOf('ada')
    server.answers['/get-session'] = json({ user, session, roles: ['admin'], token: 'secret', id: 'not the id', needsRefresh: false })
    const { auth } = openAuthPage([])
    await page.tick(100)
    expect(auth.session.value).toMatchObject({ id: 'session-of-ada', userId: 'ada', roles: ['admin'] })
    expect(auth.session.value).not.toHaveProperty('token')
    expect(auth.session.value).not.toHaveProperty('needsRefresh')
    expect(auth.user.value).toMatchObject({ id: 'ada', name: 'ada' })
  })
})

describe('multiSessionClient()', () => {
  it.each(['bea', null])('switches the page when the active session is revoked, to %s', async (next) => {
    server = new ScriptedAuthServer('ada')
    const { auth, authClient, tasks } = openAuthPage([multiSessionClient()])
    await page.tick(100)
    expect(tasks.data.value).toBe('ada\'s tasks')
    server.answers['/multi-session/revoke'] = () => {
      server.user = next
      return Response.json({ status: true })
    }
    await authClient.multiSession.revoke({ sessionToken: 's' })
    await page.tick(100)
    expect(auth.user.value?.id ?? null).toBe(next)
    expect(tasks.data.value).toBe(next ? 'bea\'s tasks' : undefined)
  })
})
