import type { Boot, Command } from './commands.ts'
import { describe, expect, it } from 'vitest'
import { performSequence } from './check-sequences.ts'
import { ModelRun } from './model-run.ts'

/** The sequences in this file once violated an invariant. Random sequences found them. */
const boot: Boot = { user: null, sessionIds: 'unique', snapshot: 'silent', hint: false, tokens: 'good', rendered: false, latencyMs: 0, mount: [] }

describe('createConvex', () => {
  it('does not report a mutation as not sent if it ran with the previous token of its connection', async () => {
    const commands: Command[] = [
      { do: 'signIn', user: 'ada', heard: false },
      { do: 'settle' },
      { do: 'drop' },
      { do: 'step' },
      { do: 'wait', ms: 50 },
      { do: 'mutate', topic: 'a', optimistic: 'none', whose: 'own' },
      { do: 'rejectTokens', tokens: 1 },
      { do: 'reportSession', what: 'empty' },
      { do: 'step' },
      { do: 'signIn', user: 'bea', heard: true },
    ]
    expect(await performSequence(new ModelRun(boot), commands)).toEqual([])
  })

  it('does not report a mutation as not sent if it ran before its connection was confirmed', async () => {
    const commands: Command[] = [
      { do: 'wait', ms: 1 },
      { do: 'restart' },
      { do: 'wait', ms: 12_000 },
      { do: 'mutate', topic: 'a', optimistic: 'none', whose: 'own' },
      { do: 'rejectTokensFor', ms: 3000 },
      { do: 'signIn', user: 'bea', heard: false },
      { do: 'wait', ms: 1 },
    ]
    expect(await performSequence(new ModelRun({ ...boot, user: 'ada', rendered: true }), commands)).toEqual([])
  })

  it('accepts the tokens of a denied session that is reported while its user has another session', async () => {
    const commands: Command[] = [
      { do: 'settle' },
      { do: 'signOutElsewhere', heard: false },
      { do: 'wait', ms: 70_000 },
      { do: 'tokens', mode: 'foreign', user: 'ada' },
      { do: 'signIn', user: 'bea', heard: true },
      { do: 'signIn', user: 'ada', heard: false },
    ]
    expect(await performSequence(new ModelRun({ ...boot, user: 'ada', sessionIds: 'constant' }), commands)).toEqual([])
  })

  it('does not report an action as not sent if the first token of its connection was accepted', async () => {
    const commands: Command[] = [
      { do: 'wait', ms: 1 },
      { do: 'act' },
      { do: 'signOutElsewhere', heard: false },
      { do: 'rejectTokensFor', ms: 3000 },
      { do: 'step' },
    ]
    expect(await performSequence(new ModelRun({ ...boot, user: 'ada', snapshot: 'spoken' }), commands)).toEqual([])
  })
})
