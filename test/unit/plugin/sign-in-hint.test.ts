import { describe, expect, it } from 'vitest'
import { leaveHint } from '../../support/scripted/identity.ts'
import { ScriptedPage, setupScriptedPage } from '../../support/scripted/scripted-page.ts'

let page: ScriptedPage
setupScriptedPage()

describe('wasSignedIn: the sign-in hint', () => {
  it('remains in localStorage after a failed request', async () => {
    page = new ScriptedPage({ user: 'silent' })
    leaveHint(page.deployment)
    void page.convex
    page.source.lastRequest.settle({ kind: 'failed', error: new Error('503') })
    await page.tick(1000)
    page.source.report({ status: 'failed', error: new Error('503') })
    await page.tick(1000)
    expect(localStorage.length).toBe(1)
  })

  it('is stored at a sign-in and removed at a sign-out', async () => {
    page = new ScriptedPage({ user: 'ada' })
    void page.convex
    await page.tick()
    expect(localStorage.length).toBe(1)
    await page.convex.auth.signOut()
    expect(localStorage.length).toBe(0)
  })
})
