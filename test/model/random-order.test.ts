import type { Boot, Command } from './commands.ts'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { createApp } from 'vue'
import { boots, sequences } from './commands.ts'
import { ModelRun } from './model-run.ts'
import '../support/console-guard.ts'

// Vue looks for its devtools once per process, with a timer that belongs to no test.
createApp({ render: () => null })

/**
 * `MODEL_RUNS`: how many sequences; `npm run test:soak` runs many. To replay one that failed, give `MODEL_SEED` and `MODEL_PATH` what was printed as
 * `seed` and `path`.
 */
const { MODEL_SEED, MODEL_PATH, MODEL_RUNS = '500' } = process.env

async function faultsIn(boot: Boot, commands: Command[]): Promise<string[]> {
  const run = new ModelRun(boot)
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

it('keeps its promises, whatever happens in whatever order', { timeout: 24 * 3600_000 }, async () => {
  await fc.assert(fc.asyncProperty(boots, sequences, async (boot, commands) => {
    expect(await faultsIn(boot, commands)).toEqual([])
  }), {
    numRuns: Number(MODEL_RUNS),
    ...(MODEL_SEED ? { seed: Number(MODEL_SEED) } : {}),
    ...(MODEL_PATH ? { path: MODEL_PATH } : {}),
  })
})
