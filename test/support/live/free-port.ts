import { randomInt } from 'node:crypto'
import { findPort } from '../../../playground/start-playground.ts'

/**
 * A port for a program that is started a little later. Below those that a system gives out by itself: one of them could be somebody's connection by
 * then.
 */
export async function freePort(): Promise<number> {
  return await findPort(randomInt(20_000, 30_000)) ?? await freePort()
}
