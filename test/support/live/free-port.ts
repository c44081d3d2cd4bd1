/** Finds free ports. */
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Finds a free port for a program that starts a little later. The port is outside of the range from
 * which the system assigns ports itself, since another connection could otherwise use the port in
 * the meantime.
 */
export async function freePort(): Promise<number> {
  const port = randomInt(20_000, 30_000)
  return await isFree(port) ? port : await freePort()
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer()
  try {
    probe.listen(port, 'localhost')
    await once(probe, 'listening')
    return true
  }
  catch {
    return false
  }
  finally {
    probe.close()
  }
}
