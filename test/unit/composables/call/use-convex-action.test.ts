import { useConvexAction } from 'convue'
import { describe, expect, it, vi } from 'vitest'
import { api } from '../../../support/scripted/scripted-api.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'

let page: ScriptedPage
setupScriptedPage()

function mountAction(options: Parameters<typeof useConvexAction<typeof api.values.run>>[1] = {}) {
  page = new ScriptedPage({ user: 'ada' })
  page.deployment.functions.set('values:run', ({ value }, subject) => {
    if (value === '!')
      throw new Error('refused')
    return `${subject} ran ${value ?? 'nothing'}`
  })
  return page.run(() => useConvexAction(api.values.run, options)).result
}

describe('useConvexAction: run', () => {
  it('runs the action as the current identity, and sets `status` and `data`', async () => {
    const { run, status, data, isPending } = mountAction()
    const ran = run({ value: 'one' })
    expect(isPending.value).toBe(true)
    await page.tick()
    expect(await ran).toBe('ada ran one')
    expect([status.value, data.value]).toEqual(['success', 'ada ran one'])
  })

  it('can be called with an empty object of arguments', async () => {
    const { run } = mountAction()
    const ran = run({})
    await page.tick()
    expect(await ran).toBe('ada ran nothing')
  })

  it('rejects, sets `error` and runs `onError` if the action fails', async () => {
    const onError = vi.fn()
    const { run, status, error, reset } = mountAction({ onError })
    const rejected = expect(run({ value: '!' })).rejects.toThrow('refused')
    await page.tick()
    await rejected
    expect(status.value).toBe('error')
    expect(onError).toHaveBeenCalledExactlyOnceWith(error.value, { value: '!' })
    reset()
    expect(status.value).toBe('idle')
    expect(error.value).toBeUndefined()
  })

  it('runs the callbacks with the result and the arguments', async () => {
    const onSuccess = vi.fn()
    const onSettled = vi.fn()
    const { run } = mountAction({ onSuccess, onSettled })
    void run({ value: 'one' })
    await page.tick()
    expect(onSuccess).toHaveBeenCalledExactlyOnceWith('ada ran one', { value: 'one' })
    expect(onSettled).toHaveBeenCalledExactlyOnceWith('ada ran one', undefined, { value: 'one' })
  })

  it('waits while the page is offline, and runs the action once after the reconnection', async () => {
    const { run, status, isQueued } = mountAction()
    await page.tick()
    page.deployment.isReachable = false
    page.deployment.drop()
    const ran = run({ value: 'later' })
    await page.tick(3000)
    expect([status.value, isQueued.value]).toEqual(['pending', true])
    page.deployment.isReachable = true
    await page.tick(60_000)
    expect(await ran).toBe('ada ran later')
    expect(isQueued.value).toBe(false)
    expect(page.deployment.executions.filter(({ kind }) => kind === 'action')).toHaveLength(1)
  })

  it('rejects at an identity change, with the outcome `unknown` if it was sent, else `notSent`', async () => {
    const { run, status } = mountAction()
    await page.tick()
    page.deployment.isHolding = true
    const calls = [run({ value: 'one' }).catch(error => error)]
    await page.tick()
    page.deployment.isReachable = false
    page.deployment.drop()
    calls.push(run({ value: 'two' }).catch(error => error))
    page.source.report({ status: 'signedOut' })
    expect(await Promise.all(calls)).toMatchObject([{ outcome: 'unknown' }, { outcome: 'notSent' }])
    expect(status.value).toBe('idle')
    page.deployment.isReachable = true
    page.deployment.flush()
    await page.tick(60_000)
    expect(page.deployment.executions.filter(({ kind }) => kind === 'action').map(({ args }) => args.value)).toEqual(['one'])
  })

  it('rejects if the connection is lost after the action was sent, and does not send it again', async () => {
    const { run, status, isQueued } = mountAction()
    await page.tick()
    page.deployment.isHolding = true
    const failure = run({ value: 'once' }).catch(error => error)
    await page.tick()
    page.deployment.isHolding = false
    page.deployment.isReachable = false
    page.deployment.drop()
    await page.tick(1000)
    expect([status.value, isQueued.value]).toEqual(['pending', false])
    page.deployment.isReachable = true
    await page.tick(60_000)
    expect((await failure).message).toMatch(/connection lost/i)
    expect(status.value).toBe('error')
    expect(page.deployment.executions.filter(({ kind }) => kind === 'action')).toHaveLength(1)
  })
})
