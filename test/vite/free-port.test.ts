import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { findFreePort, reservePort } from '../../src/dev/free-port.ts'

describe('reservePort', () => {
  it('reserves the port until it is released', async () => {
    const { port, release } = await reservePort(21_700, 'localhost')
    expect(await findFreePort(port, 'localhost')).toBeGreaterThan(port)
    await release()
    expect(await findFreePort(port, 'localhost')).toBe(port)
  })

  it('releases the port although a tab tries to connect to it', async () => {
    const { port, release } = await reservePort(21_800, 'localhost')
    const tab = connect(port, 'localhost').on('error', () => {})
    const closed = once(tab, 'close')
    await once(tab, 'connect')
    await release()
    await closed
  })
})
