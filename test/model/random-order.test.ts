import { it } from 'vitest'
import { checkSequences, performSequence } from './check-sequences.ts'
import { ModelRun } from './model-run.ts'

// `npm run test:soak` runs many sequences.
it('createConvex satisfies every invariant in any order of events', { timeout: 24 * 3600_000 }, async () => {
  await checkSequences('MODEL', 500, (boot, commands) => performSequence(new ModelRun(boot), commands))
})
