import { makeFunctionReference } from 'convex/server'
import { createConvex, useAuthedQuery } from 'convue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp, effectScope } from 'vue'
import { fakeToken } from '../../support/scripted/fake-token.ts'
import { ScriptedDeployment } from '../../support/scripted/scripted-deployment.ts'
import { ScriptedSource, signedIn } from '../../support/scripted/scripted-source.ts'

const listTasks = makeFunctionReference<'query', { filter?: string }, string[]>('tasks:list')
const whoami = makeFunctionReference<'query', Record<string, never>, string | null>('users:whoami')

describe('createConvex: the page load of a signed-in user', () => {
  let deployment: ScriptedDeployment
  beforeEach(() => {
    vi.useFakeTimers()
    deployment = new ScriptedDeployment()
    deployment.functions.set('tasks:list', (_args, subject) => [`a task of ${subject}`])
    deployment.functions.set('users:whoami', (_args, subject) => subject)
    localStorage.setItem(`convue:${deployment.url}`, '1')
  })
  afterEach(() => {
    localStorage.clear()
    vi.useRealTimers()
  })

  it('sends one token request, one Authenticate, and all queries in one ModifyQuerySet', async () => {
    const source = new ScriptedSource()
    const app = createApp({ render: () => null })
    const convex = createConvex({ url: deployment.url, tokenSource: source, clientOptions: deployment.clientOptions })
    app.use(convex)
    const scope = effectScope()
    const { tasks, me } = app.runWithContext(() => scope.run(() => ({
      tasks: useAuthedQuery(listTasks, {}),
      me: useAuthedQuery(whoami),
    })))!
    expect(source.requests).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(10)
    expect(deployment.frames).toEqual([])
    source.lastRequest.settle({ kind: 'token', token: fakeToken('ada') })
    await vi.advanceTimersByTimeAsync(10)
    source.report(signedIn('ada'))
    source.report(signedIn('ada'))
    await vi.advanceTimersByTimeAsync(10)

    expect(deployment.frames.map(frame => frame.type)).toEqual(['Connect', 'Authenticate', 'ModifyQuerySet'])
    expect(deployment.frames[2]!.modifications).toHaveLength(2)
    expect(tasks.data.value).toEqual(['a task of ada'])
    expect(me.data.value).toBe('ada')
    expect(convex.auth.status.value).toBe('authenticated')
    expect(source.requests).toHaveLength(1)
    scope.stop()
    await vi.advanceTimersByTimeAsync(5000)
    expect(deployment.frames.at(-1)!.type).toBe('ModifyQuerySet')
    void convex.close()
    await vi.advanceTimersByTimeAsync(5000)
    expect(vi.getTimerCount()).toBe(0)
  })
})
