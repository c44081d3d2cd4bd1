import { describe, expect, it } from 'vitest'
import { createWriteQueue } from '../../../../src/convex/database/write-queue.ts'

describe('createWriteQueue', () => {
  it('runs writes one after another, also after one that fails', async () => {
    const { run } = createWriteQueue({})
    const events: string[] = []
    const write = (name: string) => run(async () => {
      events.push(`begin ${name}`)
      await Promise.resolve()
      events.push(`end ${name}`)
      if (name === 'a')
        throw new Error('The write failed.')
      return name
    })
    expect(await Promise.allSettled([write('a'), write('b')])).toMatchObject([{ status: 'rejected' }, { value: 'b' }])
    expect(events).toEqual(['begin a', 'end a', 'begin b', 'end b'])
  })

  it('does not let a write of a trigger wait for the write that runs the trigger', async () => {
    const queue = createWriteQueue({ user: { onCreate: async () => await queue.run(async () => {}) } })
    await queue.run(async () => {
      await queue.triggers.user!.onCreate!({} as never)
    })
  })
})
