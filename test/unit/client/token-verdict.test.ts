import type { RefusedConnections } from '../../../src/client/token-verdict.ts'
import { describe, expect, it } from 'vitest'
import { accept, isUnsent, NONE_REFUSED, refuse } from '../../../src/client/token-verdict.ts'

/** The connections, of the first six, whose messages have certainly not been carried out. */
function unsentOn(refused: RefusedConnections, connectionCount: number): number[] {
  return [1, 2, 3, 4, 5, 6].filter(connection => isUnsent(refused, connection, connectionCount))
}

describe('isUnsent', () => {
  it('reports only connections that have not opened while no token is refused', () => {
    expect(unsentOn(NONE_REFUSED, 2)).toEqual([3, 4, 5, 6])
    expect(unsentOn(accept(2), 2)).toEqual([3, 4, 5, 6])
  })

  it('reports the connections whose tokens were refused without a gap', () => {
    let refused = refuse(NONE_REFUSED, 2)
    expect(unsentOn(refused, 2)).toEqual([2, 3, 4, 5, 6])
    refused = refuse(refused, 3)
    refused = refuse(refused, 3)
    expect(unsentOn(refused, 3)).toEqual([2, 3, 4, 5, 6])
  })

  it('does not report refused connections once a later connection has opened', () => {
    expect(unsentOn(refuse(NONE_REFUSED, 2), 3)).toEqual([4, 5, 6])
  })

  it('does not report connections before one that was not refused', () => {
    const refused = refuse(refuse(NONE_REFUSED, 1), 3)
    expect(refused).toEqual({ first: 3, last: 3 })
    expect(unsentOn(refused, 3)).toEqual([3, 4, 5, 6])
  })

  it('does not report a connection that has accepted a token before it refused one', () => {
    let refused = refuse(accept(2), 2)
    expect(unsentOn(refused, 2)).toEqual([3, 4, 5, 6])
    refused = refuse(refused, 3)
    expect(unsentOn(refused, 3)).toEqual([3, 4, 5, 6])
  })
})
