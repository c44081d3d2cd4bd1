import type { Boot, Command } from './commands.ts'
import process from 'node:process'
import * as fc from 'fast-check'
import { expect } from 'vitest'
import { createApp } from 'vue'
import { boots, sequences } from './commands.ts'

/** The subject of commands, such as a page, and the promises that it has broken. */
export interface SequenceRun<AnyCommand = Command> {
  readonly faults: string[]
  run: (command: AnyCommand) => Promise<void>
  /** Waits until nothing is under way, and checks what the page shows then. */
  calm: () => Promise<void>
  close: () => Promise<void>
}

/**
 * Lets random commands happen to one page after another. Fails with the shortest sequence that
 * breaks a promise.
 *
 * @param name What the variables of the environment begin with: `…_RUNS`, how many sequences; to replay one that failed, `…_SEED` and `…_PATH` with
 * what was printed as `seed` and `path`.
 * @param defaultRuns How many sequences, if `…_RUNS` does not say.
 * @param faultsIn Performs one sequence, by {@link performSequence}.
 */
export async function checkSequences(name: 'MODEL' | 'FAULT', defaultRuns: number, faultsIn: (boot: Boot, commands: Command[]) => Promise<string[]>): Promise<void> {
  // Vue looks for its devtools once per process, with a timer that would remain in the first test.
  createApp({ render: () => null })
  await checkRandom(name, defaultRuns, boots, sequences, faultsIn)
}

/**
 * Tries random sequences of commands, as {@link checkSequences} does, on anything that begins with
 * a `Setup`.
 */
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
 * Performs the commands. Resolves with the promises that were broken, and the command after which.
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
