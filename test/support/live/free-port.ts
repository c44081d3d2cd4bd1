/** Finds a free port. */
import { randomInt } from 'node:crypto'
import { findPort } from '../../../playground/start-playground.ts'

/**
 * Finds a free port for a program that starts a little later. The port is outside of the range from
 * which the system assigns ports itself, since another connection could otherwise use the port in
 * the meantime.
 */
export async function freePort(): Promise<number> {
  return await findPort(randomInt(20_000, 30_000)) ?? await freePort()
}
