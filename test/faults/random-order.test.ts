import type { Deployment } from '../../src/testing/index.ts'
import type { Boot, Command } from '../model/commands.ts'
import type { People } from './live-run.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createApp } from 'vue'
import { boots, sequences } from '../model/commands.ts'
import { startFixture } from '../support/deployment.ts'
import { createPeople, LiveRun } from './live-run.ts'

// Vue looks for its devtools once per process, with a timer that belongs to no test.
createApp({ render: () => null })

/** `FAULT_RUNS`: how many sequences; `npm run test:soak` runs many. `FAULT_SEED` and `FAULT_PATH` replay one that failed. */
const { FAULT_SEED, FAULT_PATH, FAULT_RUNS = '25' } = process.env

let deployment: Deployment
let people: People
beforeAll(async () => {
  deployment = await startFixture({ env: { PLAIN_PASSWORDS: '1' } })
  people = await createPeople(deployment)
})
afterAll(() => deployment.close())

/** A run takes half a second; one that takes this long, in seconds on the wall, never ends. */
const HANGS_AFTER_S = 120

function faultsIn(boot: Boot, commands: Command[]): Promise<string[]> {
  const isOver = new AbortController()
  const hangs = sleep(HANGS_AFTER_S * 1000, ['never ends'], { signal: isOver.signal, ref: false }).catch(() => [])
  return Promise.race([perform(boot, commands), hangs]).finally(() => isOver.abort())
}

async function perform(boot: Boot, commands: Command[]): Promise<string[]> {
  const run = await LiveRun.open(deployment, people, boot)
  try {
    for (const command of commands) {
      await run.run(command)
      if (run.faults.length > 0)
        return [`after ${JSON.stringify(command)}`, ...run.faults]
    }
    await run.calm()
  }
  finally {
    await run.close()
  }
  return run.faults
}

it('keeps its promises on a real deployment and a network that fails, whatever happens in whatever order', { timeout: 24 * 3600_000 }, async () => {
  await fc.assert(fc.asyncProperty(boots, sequences, async (boot, commands) => {
    expect(await faultsIn(boot, commands)).toEqual([])
  }), {
    numRuns: Number(FAULT_RUNS),
    ...(FAULT_SEED ? { seed: Number(FAULT_SEED) } : {}),
    ...(FAULT_PATH ? { path: FAULT_PATH } : {}),
  })
})
