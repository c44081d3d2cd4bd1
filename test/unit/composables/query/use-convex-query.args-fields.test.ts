import type { ArgsSource } from 'convue'
import { useConvexPaginatedQuery, useConvexQueries, useConvexQuery } from 'convue'
import { describe, expect, it } from 'vitest'
import { computed, reactive, ref } from 'vue'
import { api } from '../../../support/scripted/scripted-api.ts'
import { listApi, ScriptedList } from '../../../support/scripted/scripted-list.ts'
import { ScriptedPage, setupScriptedPage } from '../../../support/scripted/scripted-page.ts'

let page: ScriptedPage
setupScriptedPage()

function mountMessages(args: ArgsSource<typeof api.messages.list>) {
  page = new ScriptedPage({ lingerMs: 0 })
  page.deployment.functions.set('messages:list', ({ channel }) => [{ _id: channel, body: `in ${channel}` }])
  return page.run(() => useConvexQuery(api.messages.list, args)).result
}

function takeArgs(): string[] {
  return page.takeFrames().flatMap(frame => frame.match(/\{.*\}/)?.[0] ?? [])
}

describe('useConvexQuery: refs and getters as fields of the arguments', () => {
  it('run the query again when one of them changes', async () => {
    const channel = ref('a')
    const page = reactive({ size: 2 })
    const { data } = mountMessages({ channel, limit: () => page.size })
    await tick()
    expect(data.value).toEqual([{ _id: 'a', body: 'in a' }])
    expect(takeArgs()).toEqual(['{"channel":"a","limit":2}'])
    channel.value = 'b'
    await tick()
    expect(data.value?.[0]?.body).toBe('in b')
    page.size = 3
    await tick()
    expect(takeArgs()).toEqual(['{"channel":"b","limit":2}', '{"channel":"b","limit":3}'])
  })

  it('run one query if several of them change in one tick', async () => {
    const channel = ref('a')
    const limit = ref(1)
    mountMessages({ channel, limit: computed(() => limit.value * 10) })
    await tick()
    takeArgs()
    channel.value = 'b'
    limit.value = 2
    await tick()
    expect(takeArgs()).toEqual(['{"channel":"b","limit":20}'])
  })

  it('leave a field out while it is undefined, and do not pause the query', async () => {
    const limit = ref<number>()
    const { status } = mountMessages({ channel: 'a', limit })
    await tick()
    expect(status.value).toBe('success')
    expect(takeArgs()).toEqual(['{"channel":"a"}'])
    limit.value = 1
    await tick()
    limit.value = undefined
    await tick()
    expect(takeArgs()).toEqual(['{"channel":"a","limit":1}', '{"channel":"a"}'])
  })

  it('become the error of the query if a getter throws', () => {
    const failure = new Error('No channel.')
    const { error } = mountMessages({
      channel: () => {
        throw failure
      },
    })
    expect(error.value).toBe(failure)
  })

  it('are not read from an object with methods, such as a store', () => {
    let calls = 0
    const { error } = mountMessages(reactive({ channel: 'a', $reset: () => calls++ }) as any)
    expect(error.value).toMatchObject({ code: 'ARGS_INVALID' })
    class Filter {
      channel = 'a'
      reset = (): number => calls++
    }
    expect(mountMessages(new Filter() as any).error.value).toMatchObject({ code: 'ARGS_INVALID' })
    expect(calls).toBe(0)
  })

  it('work in useConvexQueries and useConvexPaginatedQuery', async () => {
    page = new ScriptedPage({ lingerMs: 0 })
    page.deployment.functions.set('messages:count', ({ channel }) => channel.length)
    const list = new ScriptedList(page.deployment)
    list.fill('a', 1)
    list.fill('bbb', 2)
    const channel = ref('a')
    const { result: [queries, rows] } = page.run(() => [
      useConvexQueries({ count: { query: api.messages.count, args: { channel } } }),
      useConvexPaginatedQuery(listApi.page, { of: () => channel.value }, { initialNumItems: 3 }),
    ] as const)
    await tick()
    expect([queries.count.data, rows.results.value.length]).toEqual([1, 1])
    channel.value = 'bbb'
    await tick()
    expect([queries.count.data, rows.results.value.length]).toEqual([3, 2])
  })
})

async function tick(): Promise<void> {
  await page.tick(100)
}
