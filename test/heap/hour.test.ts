import type { User, ViewSpec } from '../model/commands.ts'
import { queryObjects } from 'node:v8'
import { createConvex } from 'convue'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createApp } from 'vue'
import { AppCode } from '../model/app-code.ts'
import { SLOTS, USERS } from '../model/commands.ts'
import { ModelBackend } from '../model/model-backend.ts'
import { ModelPage } from '../model/model-page.ts'
import { ModelProvider } from '../model/model-provider.ts'
import { settle, VirtualTime } from '../model/virtual-time.ts'
import { stubBroadcastChannel } from '../support/scripted/broadcast-channel.ts'

// Vue looks for its devtools once per process, with a timer that would remain in the first test.
createApp({ render: () => null })

const MINUTE_MS = 60_000
const HOUR = 60
const VISITS = 2
/** The minutes that are compared: in the first ones, code is compiled and caches are filled. */
const EARLY = [16, 20]
const LATE = [56, 60]
/**
 * Every minute mounts 8 views, makes 4 calls and changes the identity twice: one leaked object for
 * each would be 14. About 4 objects belong to the process itself.
 */
const MAX_OBJECTS_PER_MINUTE = 8
/** Bytes. The process itself compiles and caches about 4,000 a minute. */
const MAX_GROWTH_PER_MINUTE = 16_000

/** The counted classes, subclasses included. Each count walks the whole heap. */
const CLASSES = { Object, Function }

const KINDS: ViewSpec['kind'][] = ['query', 'queries', 'list', 'secret', 'transform', 'initial', 'preloaded']

/** A different view each time, in the same order every hour. */
function viewOf(serial: number): ViewSpec {
  return {
    kind: KINDS[serial % KINDS.length]!,
    preloadedFor: USERS[serial % 3]!,
    auth: (['optional', 'required', 'public'] as const)[serial % 3]!,
    live: serial % 4 !== 0,
    keepPreviousData: serial % 2 === 0,
    keepDataOnError: serial % 5 === 0,
    lingerMs: serial % 3 === 0 ? 3000 : 0,
    keepAlive: serial % 6 === 0,
    isReactive: true,
  }
}

function openApp() {
  const time = new VirtualTime()
  stubBroadcastChannel()
  const backend = new ModelBackend(20)
  const provider = new ModelProvider('ada', true, 'unique')
  const { deployment } = backend
  const identity = { who: 'ada', isRefreshing: false, hadToken: true, changes: 0 }
  const convex = createConvex({ url: deployment.url, tokenSource: provider.source, clientOptions: deployment.clientOptions })
  const page = new ModelPage(convex, { onTick: () => {}, identity })
  const app = new AppCode({ page, identity, change: topic => backend.change(topic, 'ada') })
  onTestFinished(async () => {
    page.unmount()
    await time.advance(1000)
    vi.unstubAllGlobals()
    localStorage.clear()
    time.end()
  })
  return { time, backend, provider, convex, page, app }
}

type OpenApp = ReturnType<typeof openApp>

/** A minute of a user who browses and works, with the events that happen to a page meanwhile. */
async function spendMinute({ time, backend, provider, page, app }: OpenApp, minute: number): Promise<void> {
  const { deployment } = backend
  const signIn = (user: User | null): void => {
    if (user)
      provider.signIn(user)
    else
      provider.signOut()
    provider.report(provider.truth)
  }
  signIn(USERS[minute % 3]!)
  for (let visit = 0; visit < VISITS; visit++) {
    for (let slot = 0; slot < SLOTS; slot++) {
      page.set(slot, viewOf((minute * VISITS + visit) * SLOTS + slot))
      page.topics[slot]!.value = visit % 2 === 0 ? 'a' : 'b'
    }
    await time.advance(3000)
    app.run({ do: 'mutate', topic: 'a', optimistic: (['none', 'value', 'loading'] as const)[visit % 3]!, whose: visit === 1 ? 'other' : 'own' })
    app.run(visit % 2 === 0 ? { do: 'act' } : { do: 'upload', files: 2 })
    app.run({ do: 'loadMore' })
    app.run({ do: 'refresh' })
    page.slots[0]!.isResting = visit % 2 === 0
    if (visit === 0 && minute % 2 === 0)
      deployment.drop()
    if (visit === 1 && minute % 5 === 0)
      deployment.cut()
    if (visit === 1 && minute % 3 === 0)
      signIn(null)
    deployment.invalidate()
    await time.advance(3000)
  }
  for (let slot = 0; slot < SLOTS; slot++)
    page.set(slot, null)
  signIn(null)
  await time.advance(MINUTE_MS - VISITS * 6000)
}

/** Discards the records of the test itself. */
function forget({ backend, provider, app }: OpenApp): void {
  backend.forget()
  provider.forget()
  app.calls.length = 0
}

/** The heap after garbage collection: bytes, and objects of each class. */
async function measure(): Promise<Record<string, number>> {
  for (let turn = 0; turn < 4; turn++) {
    await settle()
    globalThis.gc!()
  }
  const objects = Object.entries(CLASSES).map(([name, constructor]) => [name, queryObjects(constructor, { format: 'count' })])
  return { bytes: process.memoryUsage().heapUsed, ...Object.fromEntries(objects) }
}

it('createConvex does not enlarge the heap during an hour of use', async () => {
  const opened = openApp()
  const found = new Map<number, Record<string, number>>()
  for (let minute = 1; minute <= HOUR; minute++) {
    await spendMinute(opened, minute)
    forget(opened)
    if (EARLY.includes(minute) || LATE.includes(minute))
      found.set(minute, await measure())
  }
  const least = (minutes: number[], name: string): number => Math.min(...minutes.map(minute => found.get(minute)![name]!))
  const growth = (name: string): number => (least(LATE, name) - least(EARLY, name)) / (LATE[0]! - EARLY[0]!)
  for (const name of Object.keys(CLASSES))
    expect(growth(name), `objects that each minute leaves: ${name}`).toBeLessThan(MAX_OBJECTS_PER_MINUTE)
  expect(growth('bytes'), 'bytes that each minute leaves').toBeLessThan(MAX_GROWTH_PER_MINUTE)
})
