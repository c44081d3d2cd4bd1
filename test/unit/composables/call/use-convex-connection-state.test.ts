import type { ScriptedPageOptions } from '../../../support/scripted/scripted-page.ts'
import { useConvexConnectionState, useConvexMutation, useConvexQuery } from 'convue'
import { describe, expect, it } from 'vitest'
import { fakeToken } from '../../../support/scripted/fake-token.ts'
import { api } from '../../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'

let page: ScriptedPage
setupScriptedPage()

function mountState(options?: ScriptedPageOptions) {
  page = new ScriptedPage(options)
  page.deployment.functions.set('users:whoami', (_args, subject) => subject)
  page.deployment.functions.set('messages:send', () => 'id')
  return page.run(() => ({
    state: useConvexConnectionState(),
    query: useConvexQuery(api.users.whoami),
    send: useConvexMutation(api.messages.send),
  })).result
}

describe('useConvexConnectionState: the state', () => {
  it('reports no connection before the first query or call', () => {
    page = new ScriptedPage()
    const state = page.run(() => useConvexConnectionState()).result
    expect(state.value).toMatchObject({ isWebSocketConnected: false, hasEverConnected: false, inflightMutations: 0 })
  })

  it('describes the connection of the current identity, and not of the previous identity', async () => {
    const { state } = mountState({ user: 'ada' })
    await page.tick()
    expect(state.value.connectionCount).toBe(1)
    page.deployment.latencyMs = 100
    page.source.signIn('bob')
    await page.tick(50)
    expect(state.value).toMatchObject({ isWebSocketConnected: false, connectionCount: 0 })
    await page.tick(200)
    expect(state.value).toMatchObject({ isWebSocketConnected: true, connectionCount: 1 })
  })

  it('changes when the socket opens, closes and opens again', async () => {
    const { state } = mountState()
    expect(state.value.isWebSocketConnected).toBe(false)
    await page.tick()
    expect(state.value.isWebSocketConnected).toBe(true)
    page.deployment.drop()
    await page.tick(0)
    expect(state.value.isWebSocketConnected).toBe(false)
    await page.tick(5000)
    expect(state.value).toMatchObject({ isWebSocketConnected: true, connectionCount: 2 })
  })

  it('contains the number of pending mutations', async () => {
    const { state, send } = mountState()
    await page.tick()
    page.deployment.isHolding = true
    void send.mutate({ channel: 'a', body: 'b' })
    await page.tick()
    expect(state.value).toMatchObject({ hasInflightRequests: true, inflightMutations: 1 })
    page.deployment.flush()
    await page.tick()
    expect(state.value).toMatchObject({ hasInflightRequests: false, inflightMutations: 0 })
  })

  it('describes the connection of the user, and the anonymous connection after a sign-out', async () => {
    const { state } = mountState({ user: 'silent' })
    await page.tick()
    expect(state.value.isWebSocketConnected).toBe(false)
    page.source.signIn('ada')
    await page.tick()
    expect(state.value.isWebSocketConnected).toBe(true)
    page.deployment.isReachable = false
    page.source.report({ status: 'signedOut' })
    expect(state.value.isWebSocketConnected).toBe(false)
    await page.tick()
    expect(state.value.isWebSocketConnected).toBe(false)
    page.deployment.isReachable = true
    await page.tick(5000)
    expect(state.value.isWebSocketConnected).toBe(true)
  })

  it('describes the connection of the user, even if a public query has its own connection', async () => {
    const { state } = mountState({ user: 'ada' })
    await page.tick()
    page.run(() => useConvexQuery(api.users.whoami, {}, { auth: 'public' }))
    await page.tick()
    const anonymousSocket = page.deployment.liveSockets.find(({ subject }) => subject === null)!
    page.deployment.isReachable = false
    anonymousSocket.drop()
    await page.tick()
    expect(state.value).toMatchObject({ isWebSocketConnected: true, connectionCount: 1 })
    page.deployment.isReachable = true
  })

  it('reports no connection after the plugin is closed', async () => {
    const { state } = mountState({ user: 'ada' })
    page.source.answer = () => ({ kind: 'token', token: fakeToken('ada') })
    await page.tick()
    expect(state.value.isWebSocketConnected).toBe(true)
    void page.convex.close()
    await page.tick()
    expect(state.value).toMatchObject({ isWebSocketConnected: false, hasEverConnected: false })
  })
})
