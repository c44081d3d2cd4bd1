/** Lets the sockets of this thread read what a deployment has sent them. */
import { setImmediate } from 'node:timers/promises'

/**
 * Messages of the deployment's thread and data of sockets arrive in the same phase of the event
 * loop, in any order. The current turn may be in the middle of this phase, and the turn after it
 * has the whole phase. Large results need further turns: in one phase, Node reads at most 2 MB from
 * a socket, and the operating system can have received several times as much.
 *
 * The end of reading cannot be known exactly. It would be the moment at which each socket has read
 * as many bytes as the deployment has written to it. But the sockets belong to the clients of a
 * test: one may be in another process, behind a proxy, or not read on purpose, so that this moment
 * may never come.
 */
const TURNS = 8

/** Resolves once the sockets of this thread have read all data that has arrived. */
export async function readSockets(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++)
    await setImmediate()
}
