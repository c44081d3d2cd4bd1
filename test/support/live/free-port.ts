/** Finds a free port. */
import { randomInt } from 'node:crypto'
import { findPort } from '../../../playground/start-playground.ts'

/**
 * A port for a program that starts a little later. The port is below those that the system assigns
 * by itself, since another connection could have taken one of these in the meantime.
 */
export async function freePort(): Promise<number> {
  return await findPort(randomInt(20_000, 30_000)) ?? await freePort()
}
