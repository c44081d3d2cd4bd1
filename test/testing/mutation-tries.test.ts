import type { TableInfo } from '../../src/testing/engine/types.ts'
import { describe, expect, it } from 'vitest'
import { ConflictError } from '../../src/testing/engine/conflict-error.ts'
import { RefusedCall } from '../../src/testing/runtime/failure.ts'
import { MutationTries } from '../../src/testing/runtime/mutation-tries.ts'

const notes = { name: 'notes' } as TableInfo

/** An attempt that meets a conflict until it has been tried often enough. */
function conflicting(conflicts: number, error = new ConflictError(notes)): { attempt: () => Promise<string>, tries: () => number } {
  let tries = 0
  const attempt = async (): Promise<string> => {
    if (++tries <= conflicts)
      throw error
    return 'committed'
  }
  return { attempt, tries: () => tries }
}

describe('a mutation that meets conflicts', () => {
  it('succeeds if the last of five tries meets none', async () => {
    const { attempt, tries } = conflicting(4)
    expect(await new MutationTries().run(attempt)).toBe('committed')
    expect(tries()).toBe(5)
  })

  it('fails after five tries with the sentence of Convex', async () => {
    const { attempt, tries } = conflicting(Infinity)
    const error = await new MutationTries().run(attempt).catch(error => error)
    expect(error).toBeInstanceOf(RefusedCall)
    expect(error.message).toBe('Documents read from or written to the "notes" table changed while this mutation was being run '
      + 'and on every subsequent retry. See https://docs.convex.dev/error#1')
    expect(tries()).toBe(5)
  })

  it('names the document that has changed, if the conflict is about one', async () => {
    const { attempt } = conflicting(Infinity, new ConflictError(notes, 'k17'))
    await expect(new MutationTries().run(attempt)).rejects.toThrow('Another call to this mutation changed the document with ID "k17".')
  })

  it('does not prevent later mutations from running', async () => {
    const tries = new MutationTries()
    await tries.run(conflicting(Infinity).attempt).catch(() => {})
    expect(await tries.run(conflicting(1).attempt)).toBe('committed')
  })

  it('is not tried again after another error', async () => {
    let tries = 0
    const attempt = async (): Promise<void> => {
      tries++
      throw new Error('on demand')
    }
    await expect(new MutationTries().run(attempt)).rejects.toThrow('on demand')
    expect(tries).toBe(1)
  })
})
