/** Shows the mails of the deployment in the terminal, and on a page of Vite's server. */
import type { ViteDevServer } from 'vite'
import type { EmbeddedDeployment } from './embedded-deployment.ts'
import type { Mailbox } from './mailbox.ts'
import type { ReceivedMail } from './received-mails.ts'
import { styleText } from 'node:util'
import { findLinks } from './mailbox-page.ts'
import { createMailbox, MAILBOX_PATH } from './mailbox.ts'

/**
 * Prints the mails of a deployment through Vite's logger, and serves the page `/__convue/mail` that
 * lists them, until the returned function is called.
 *
 * @param server The server of Vite, which may be a part of another server, as in Nuxt.
 * @param embedded The deployment. The mailbox receives its mails once it runs.
 */
export function serveMailbox(server: ViteDevServer, embedded: EmbeddedDeployment): () => void {
  const { config: { logger }, middlewares } = server
  let mailbox: Mailbox | null = null
  let isStopped = false
  embedded.onStart(({ deployment }) => {
    if (isStopped)
      return
    mailbox = createMailbox(deployment)
    mailbox.onMail(mail => logger.info(describeMail(mail), { timestamp: true }))
  })
  // As a route, so that Nuxt passes its requests on to Vite's server unchanged.
  middlewares.use(MAILBOX_PATH, (request, response, next) => {
    if (mailbox)
      mailbox.handler(request, response)
    else
      next()
  })
  return () => {
    isStopped = true
    mailbox?.stop()
  }
}

function describeMail(mail: ReceivedMail): string {
  const [link] = findLinks(mail)
  const title = `${styleText('cyan', '[mail]')} to ${oneLine(mail.to)}: ${oneLine(mail.subject)}`
  return link === undefined ? title : `${title}\n  ${oneLine(link)}`
}

/** A mail must not control the terminal. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ')
}
