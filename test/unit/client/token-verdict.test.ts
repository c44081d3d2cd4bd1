import type { TokenVerdict } from '../../../src/client/token-verdict.ts'
import { describe, expect, it } from 'vitest'
import { isUnsent, NO_VERDICT, refuse } from '../../../src/client/token-verdict.ts'

/** The connections, of the first six, whose messages have certainly not been carried out. */
function unsentOn(verdict: TokenVerdict, connectionCount: number): number[] {
  return [1, 2, 3, 4, 5, 6].filter(connection => isUnsent(verdict, connection, connectionCount))
}

describe('isUnsent', () => {
  it('reports only connections that have not opened while no token is refused', () => {
    expect(unsentOn(NO_VERDICT, 2)).toEqual([3, 4, 5, 6])
    expect(unsentOn({ kind: 'accepted', connection: 2 }, 2)).toEqual([3, 4, 5, 6])
  })

  it('reports connections whose tokens were refused one after another', () => {
    let verdict = refuse(NO_VERDICT, 2)
    expect(unsentOn(verdict, 2)).toEqual([2, 3, 4, 5, 6])
    verdict = refuse(verdict, 3)
    verdict = refuse(verdict, 3)
    expect(unsentOn(verdict, 3)).toEqual([2, 3, 4, 5, 6])
  })

  it('does not report refused connections once a later connection has opened', () => {
    expect(unsentOn(refuse(NO_VERDICT, 2), 3)).toEqual([4, 5, 6])
  })

  it('does not report connections before a connection that was not refused', () => {
    const verdict = refuse(refuse(NO_VERDICT, 1), 3)
    expect(verdict).toEqual({ kind: 'refused', first: 3, last: 3 })
    expect(unsentOn(verdict, 3)).toEqual([3, 4, 5, 6])
  })

  it('does not report a connection that accepted a token before it refused another token', () => {
    let verdict = refuse({ kind: 'accepted', connection: 2 }, 2)
    expect(unsentOn(verdict, 2)).toEqual([3, 4, 5, 6])
    verdict = refuse(verdict, 3)
    expect(unsentOn(verdict, 3)).toEqual([3, 4, 5, 6])
  })
})
