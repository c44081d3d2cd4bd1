import { useConvexAction } from 'convue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { api } from '../support/scripted-api.ts'
import { ScriptedPage } from '../support/scripted-page.ts'
import '../support/console-guard.ts'

let page: ScriptedPage
beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(async () => {
  await page.close()
  vi.useRealTimers()
})

function mountAction(options: Parameters<typeof useConvexAction<typeof api.values.run>>[1] = {}) {
  page = new ScriptedPage({ user: 'ada' })
  page.deployment.functions.set('values:run', ({ value }, subject) => {
    if (value === '!')
      throw new Error('refused')
    return `${subject} ran ${value ?? 'nothing'}`
  })
  return page.run(() => useConvexAction(api.values.run, options)).result
}

describe('an action', () => {
  it('runs as whoever is there, and shows its latest call', async () => {
    const { run, status, data, isPending } = mountAction()
    const ran = run({ value: 'one' })
    expect(isPending.value).toBe(true)
    await page.tick()
    expect(await ran).toBe('ada ran one')
    expect([status.value, data.value]).toEqual(['success', 'ada ran one'])
  })

  it('may be called without arguments', async () => {
    const { run } = mountAction()
    const ran = run({})
    await page.tick()
    expect(await ran).toBe('ada ran nothing')
  })

  it('rejects with the error, shows it, calls back, and is forgotten by reset', async () => {
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

  it('that is under way when the connection drops rejects: it is not repeated', async () => {
    const { run, status } = mountAction()
    await page.tick()
    page.deployment.isHolding = true
    const failure = run({ value: 'once' }).catch(error => error)
    await page.tick()
    page.deployment.isHolding = false
    page.deployment.drop()
    await page.tick(5000)
    expect((await failure).message).toMatch(/connection lost/i)
    expect(status.value).toBe('error')
    expect(page.deployment.executions.filter(({ kind }) => kind === 'action')).toHaveLength(1)
  })
})
