import type { Boot, Command, ViewSpec } from './commands.ts'
import { describe, expect, it } from 'vitest'
import { performSequence } from './check-sequences.ts'
import { ModelRun } from './model-run.ts'

/**
 * Sequences that once violated an invariant, which random sequences found, and sequences for stored
 * results, whose order random sequences rarely have.
 */
const boot: Boot = { user: null, sessionIds: 'unique', snapshot: 'silent', hint: false, tokens: 'good', rendered: false, latencyMs: 0, mount: [], store: 'none' }

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

  it('renews the token in time although the clock is set back before the page needs its user', async () => {
    const commands: Command[] = [{ do: 'jump', ms: -3_600_000 }, { do: 'changeClaims', heard: false }]
    expect(await performSequence(new ModelRun({ ...boot, user: 'ada', rendered: true, mount: [] }), commands)).toEqual([])
  })

  describe('persist', () => {
    const secret: ViewSpec = { kind: 'secret', preloadedFor: null, auth: 'required', live: true, keepPreviousData: true, keepDataOnError: false, lingerMs: 0, keepAlive: false, isReactive: false }
    const visited: Boot = { ...boot, user: 'ada', mount: [secret, { ...secret, kind: 'list' }, { ...secret, kind: 'query', auth: 'optional' }], store: 'companion' }

    /** A page whose user has visited it before, and whose provider does not answer yet. */
    const reload = (meanwhile: 'nothing' | 'rotate' | 'signOut' | 'bea'): Command[] =>
      [{ do: 'settle' }, { do: 'reload', meanwhile, tokens: 'stalled' }, { do: 'wait', ms: 15 }]

    it('shows the results of the last visit', async () => {
      const run = new ModelRun(visited)
      for (const command of reload('nothing'))
        await run.run(command)
      expect(run.rows).toEqual(['ada', 'ada', 'ada'])
      await run.close()
      expect(run.faults).toEqual([])
    })

    it.each<[string, Command[]]>([
      ['another user is signed in', [{ do: 'mutate', topic: 'a', optimistic: 'value', whose: 'own' }, { do: 'signIn', user: 'bea', heard: true }]],
      ['the user has signed out', [{ do: 'signOutElsewhere', heard: true }]],
      ['another tab signs out', [{ do: 'deleteElsewhere', heard: false }]],
    ])('forgets the results of the expected user in the tick in which %s', async (_name, commands) => {
      expect(await performSequence(new ModelRun(visited), [...reload('nothing'), ...commands])).toEqual([])
    })

    it.each(['rotate', 'signOut', 'bea'] as const)('shows no results of a session that was replaced while no tab was open (%s)', async (meanwhile) => {
      expect(await performSequence(new ModelRun(visited), reload(meanwhile))).toEqual([])
    })
  })
})
