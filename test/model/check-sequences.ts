import type { Boot, Command } from './commands.ts'
import process from 'node:process'
import * as fc from 'fast-check'
import { expect } from 'vitest'
import { createApp } from 'vue'
import { boots, sequences } from './commands.ts'

/** The object that performs commands, such as a page, and the invariants that it has violated. */
export interface SequenceRun<AnyCommand = Command> {
  readonly faults: string[]
  run: (command: AnyCommand) => Promise<void>
  /** Ends all faults, waits until nothing is under way, and checks what the page shows then. */
  calm: () => Promise<void>
  close: () => Promise<void>
}

/**
 * Performs random sequences of commands, each on a new page. Fails with the shortest sequence that
 * violates an invariant.
 *
 * @param name The prefix of the environment variables. `…_RUNS` is the number of sequences. To repeat
 *   a sequence that failed, set `…_SEED` and `…_PATH` to the printed `seed` and `path`.
 * @param defaultRuns The number of sequences if `…_RUNS` is not set.
 * @param faultsIn Performs one sequence with {@link performSequence}, and returns its result.
 */
export async function checkSequences(name: 'MODEL' | 'FAULT', defaultRuns: number, faultsIn: (boot: Boot, commands: Command[]) => Promise<string[]>): Promise<void> {
  // Vue looks for its devtools once per process, with a timer that would remain in the first test.
  createApp({ render: () => null })
  await checkRandom(name, defaultRuns, boots, sequences, faultsIn)
}

/** Like {@link checkSequences}, for any kind of commands and of initial conditions (`Setup`). */
export async function checkRandom<Setup, AnyCommand>(
  name: 'MODEL' | 'FAULT',
  defaultRuns: number,
  setups: fc.Arbitrary<Setup>,
  sequences: fc.Arbitrary<AnyCommand[]>,
  faultsIn: (setup: Setup, commands: AnyCommand[]) => Promise<string[]>,
): Promise<void> {
  const { [`${name}_RUNS`]: runs = defaultRuns, [`${name}_SEED`]: seed, [`${name}_PATH`]: path } = process.env
  await fc.assert(fc.asyncProperty(setups, sequences, async (setup, commands) => {
    expect(await faultsIn(setup, commands)).toEqual([])
  }), {
    numRuns: Number(runs),
    ...(seed ? { seed: Number(seed) } : {}),
    ...(path ? { path } : {}),
  })
}

/**
 * Performs the commands until one of them violates an invariant. Resolves with this command and the
 * violated invariants, or with an empty list.
 */
export async function performSequence<AnyCommand>(run: SequenceRun<AnyCommand>, commands: AnyCommand[]): Promise<string[]> {
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
