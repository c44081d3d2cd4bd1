/** The mails of an embedded deployment, and the page that shows them. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Deployment } from '../testing/index.ts'
import type { ReceivedMail, ReceivedMails } from './received-mails.ts'
import { readMailLines } from '../convex/mail/mail.ts'
import { answerMailRequest } from './mailbox-handler.ts'

/** The path of the page, and of everything that it requests. */
export const MAILBOX_PATH = '/__convue/mail'

/** Receives the mails of one deployment. */
export interface Mailbox extends ReceivedMails {
  /** Answers requests below {@link MAILBOX_PATH}. Only pages of this machine receive an answer. */
  handler: (request: IncomingMessage, response: ServerResponse) => void
  stop: () => void
}

/** Limits the memory of a server that runs for days. */
const KEPT_MAILS = 200

const PAUSE_MS = 500

/** A part of the log of a deployment, as `npx convex logs` reads it. */
interface LogPage {
  entries: { timestamp: number, logLines: string[] }[]
  newCursor: number
}

/** Reads the mails from the log of the deployment, until `stop` is called. */
export function createMailbox(deployment: Pick<Deployment, 'url' | 'adminKey'>): Mailbox {
  const mails: ReceivedMail[] = []
  const listeners = new Set<(mail: ReceivedMail) => void>()
  const stopping = new AbortController()

  function receive({ timestamp, logLines }: LogPage['entries'][number], isNew: boolean): void {
    for (const { id, mail } of readMailLines(logLines)) {
      const received = { ...mail, id, at: timestamp * 1000 }
      mails.unshift(received)
      mails.splice(KEPT_MAILS)
      if (isNew)
        listeners.forEach(listener => listener(received))
    }
  }

  async function follow(): Promise<void> {
    let cursor = 0
    while (!stopping.signal.aborted) {
      const page = await readLog(deployment, cursor, stopping.signal)
      // The first part contains mails that an earlier mailbox has reported.
      page?.entries.forEach(entry => receive(entry, cursor > 0))
      cursor = page?.newCursor ?? cursor
    }
  }

  void follow()
  const onMail: ReceivedMails['onMail'] = (listener) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }
  return {
    mails,
    onMail,
    handler: (request, response) => answerMailRequest({ mails, onMail }, request, response),
    stop: () => {
      stopping.abort()
      listeners.clear()
    },
  }
}

/** The next part of the log; `null` after a pause if the deployment does not answer. */
async function readLog(
  { url, adminKey }: Pick<Deployment, 'url' | 'adminKey'>,
  cursor: number,
  signal: AbortSignal,
): Promise<LogPage | null> {
  try {
    const headers = { authorization: `Convex ${adminKey}` }
    const response = await fetch(`${url}/api/stream_function_logs?cursor=${cursor}`, { headers, signal })
    return await response.json() as LogPage
  }
  catch {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, PAUSE_MS)
      signal.addEventListener('abort', () => {
        clearTimeout(timer)
        resolve()
      }, { once: true })
      if (signal.aborted)
        resolve()
    })
    return null
  }
}
