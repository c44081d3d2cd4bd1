import type { ConvexPlugin } from 'convue'
import type { Router } from 'vue-router'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { watch } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { openPage, page } from '../../support/scripted/identity-page.ts'
import { leaveHint } from '../../support/scripted/identity.ts'

/** The guard that the documentation shows. */
function loadGuard(): (router: Router, plugin: ConvexPlugin) => void {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/reference/plugin.md'), 'utf8')
  const [, code = ''] = /^```ts\n([^`]*export function protectRoutes[\s\S]*?)^```$/m.exec(text)!
  const { outputText } = ts.transpileModule(code.replace(/^import .*$/gm, '').replace('export ', ''), {})
  // eslint-disable-next-line no-new-func
  return new Function('watch', `${outputText}\nreturn protectRoutes`)(watch)
}

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
  loadGuard()(router, page.convex)
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
