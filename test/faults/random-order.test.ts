import type { Deployment } from '../../src/testing/index.ts'
import type { Accounts } from './live-run.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, it } from 'vitest'
import { checkSequences, performSequence } from '../model/check-sequences.ts'
import { startFixture } from '../support/live/deployment.ts'
import { createAccounts, LiveRun } from './live-run.ts'

let deployment: Deployment
let accounts: Accounts
beforeAll(async () => {
  deployment = await startFixture({ env: { PLAIN_PASSWORDS: '1' } })
  accounts = await createAccounts(deployment)
})
afterAll(() => deployment.close())

/**
 * A run usually takes half a second. A run that takes longer than this, in seconds of real time,
 * fails as endless.
 */
const HANGS_AFTER_S = 120

function unlessItHangs(faults: Promise<string[]>): Promise<string[]> {
  const isOver = new AbortController()
  const hangs = sleep(HANGS_AFTER_S * 1000, ['never ends'], { signal: isOver.signal, ref: false }).catch(() => [])
  return Promise.race([faults, hangs]).finally(() => isOver.abort())
}

// `npm run test:soak` runs many sequences.
it('createConvex satisfies every invariant in any order of events on a failing network', { timeout: 24 * 3600_000 }, async () => {
  await checkSequences('FAULT', 25, (boot, commands) =>
    unlessItHangs(LiveRun.open(deployment, accounts, boot).then(run => performSequence(run, commands))))
})
