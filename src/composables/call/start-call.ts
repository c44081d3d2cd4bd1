/** Starts a call as the current identity: at once, or through the outbox of the plugin. */
import type { Call, PendingCall } from '../../client/pending-call.ts'
import type { ConvexContext } from '../../plugin/context.ts'
import { diagnose } from '../../errors/diagnose.ts'

/** A call, and whether the outbox stores it before it is sent. */
export interface CallToStart extends Call {
  offline?: boolean | undefined
}

/** @throws {ConvueError} `CLIENT_UNAVAILABLE`, `CLOSED`, `ARGS_INVALID`, `OUTBOX_MISSING` */
export function startCall(
  { clients, outbox }: ConvexContext,
  call: CallToStart,
): Pick<PendingCall, 'result' | 'isQueued'> {
  if (!call.offline)
    return clients.calls.start(call)
  clients.assertAvailable()
  if (!outbox)
    throw diagnose('OUTBOX_MISSING')
  return outbox.add(call)
}
