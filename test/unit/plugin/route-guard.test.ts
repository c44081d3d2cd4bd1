import type { Router } from 'vue-router'
import { describe, expect, it } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { loadRouteGuard } from '../../support/docs/route-guard.ts'
import { openPage, page } from '../../support/scripted/identity-page.ts'
import { leaveHint } from '../../support/scripted/identity.ts'

const component = { render: () => null }

async function openRouter(user: string | null | 'silent', isHinted = false): Promise<Router> {
  openPage({ user })
  if (isHinted)
    leaveHint(page.deployment)
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: '/', component },
      { path: '/sign-in', component },
      { path: '/tasks', component, meta: { requiresAuth: true } },
    ],
  })
  loadRouteGuard()(router, page.convex)
  await router.push('/')
  return router
}

describe('useConvexAuth: the documented route guard', () => {
  it('admits a signed-in user', async () => {
    const router = await openRouter('ada')
    const pushed = router.push('/tasks')
    await page.tick()
    await pushed
    expect(router.currentRoute.value.fullPath).toBe('/tasks')
  })

  it('redirects an anonymous user', async () => {
    const router = await openRouter(null)
    await router.push('/tasks')
    expect(router.currentRoute.value.fullPath).toBe('/sign-in?redirect=/tasks')
  })

  it('does not redirect a signed-in user who is offline', async () => {
    const router = await openRouter('silent', true)
    const pushed = router.push('/tasks')
    page.source.lastRequest.settle({ kind: 'failed', error: new TypeError('Failed to fetch') })
    page.source.report({ status: 'failed', error: new TypeError('Failed to fetch') })
    await page.tick()
    await pushed
    expect(router.currentRoute.value.fullPath).toBe('/tasks')
    page.source.signIn('ada')
    await page.tick(5000)
    expect(page.convex.auth.status.value).toBe('authenticated')
    expect(router.currentRoute.value.fullPath).toBe('/tasks')
  })

  it('redirects as soon as the provider reports that the user is signed out', async () => {
    const router = await openRouter('silent', true)
    const pushed = router.push('/tasks')
    page.source.lastRequest.settle({ kind: 'failed', error: new TypeError('Failed to fetch') })
    await page.tick()
    await pushed
    page.source.report({ status: 'signedOut' })
    await page.tick()
    expect(router.currentRoute.value.fullPath).toBe('/sign-in?redirect=/tasks')
  })
})
