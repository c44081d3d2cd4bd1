// @vitest-environment node
import { it } from 'vitest'
import { checkRandom, performSequence } from './check-sequences.ts'
import { serverSequences, setups } from './server-commands.ts'
import { ServerRun } from './server-run.ts'

// `npm run test:soak` runs many sequences.
it('createConvexServer runs each request as the user of its session, whatever the cookies', { timeout: 24 * 3600_000 }, async () => {
  await checkRandom('MODEL', 50, setups, serverSequences, (setup, commands) => performSequence(new ServerRun(setup), commands))
})
