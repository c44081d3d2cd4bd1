import type { RefusedConnections } from '../../../src/client/token-verdict.ts'
import { describe, expect, it } from 'vitest'
import { accept, isUnsent, NONE_REFUSED, refuse } from '../../../src/client/token-verdict.ts'

/** The numbers of the connections, up to 6, whose messages the deployment has certainly not executed. */
function unsentOn(refused: RefusedConnections, connectionCount: number): number[] {
  return [1, 2, 3, 4, 5, 6].filter(connection => isUnsent(refused, connection, connectionCount))
}

describe('isUnsent', () => {
  it('is true only for connections that have not opened, if no token was refused', () => {
    expect(unsentOn(NONE_REFUSED, 2)).toEqual([3, 4, 5, 6])
    expect(unsentOn(accept(2), 2)).toEqual([3, 4, 5, 6])
  })

  it('is true for consecutive connections whose tokens were all refused', () => {
    let refused = refuse(NONE_REFUSED, 2)
    expect(unsentOn(refused, 2)).toEqual([2, 3, 4, 5, 6])
    refused = refuse(refused, 3)
    refused = refuse(refused, 3)
    expect(unsentOn(refused, 3)).toEqual([2, 3, 4, 5, 6])
  })

  it('is false for a connection whose token was refused, if a later connection has opened', () => {
    expect(unsentOn(refuse(NONE_REFUSED, 2), 3)).toEqual([4, 5, 6])
  })

  it('is false for a connection whose token was refused, if a later token was accepted', () => {
    const refused = refuse(refuse(NONE_REFUSED, 1), 3)
    expect(refused).toEqual({ first: 3, last: 3 })
    expect(unsentOn(refused, 3)).toEqual([3, 4, 5, 6])
  })

  it('is false for a connection whose first token was accepted and second token refused', () => {
    let refused = refuse(accept(2), 2)
    expect(unsentOn(refused, 2)).toEqual([3, 4, 5, 6])
    refused = refuse(refused, 3)
    expect(unsentOn(refused, 3)).toEqual([3, 4, 5, 6])
  })
})
