/** Serves the mailbox and the data viewer on Vite's server, and shows mails in the terminal. */
import type { ViteDevServer } from 'vite'
import type { Deployment } from '../testing/index.ts'
import type { EmbeddedDeployment } from './embedded-deployment.ts'
import type { Mailbox } from './mailbox.ts'
import type { ReceivedMail } from './received-mails.ts'
import { styleText } from 'node:util'
import { findLinks } from './mailbox-page.ts'
import { createMailbox, MAILBOX_PATH } from './mailbox.ts'
import { answerViewerRequest, VIEWER_PATH } from './viewer/viewer-handler.ts'

/** The data that the pages show in addition to the data of the deployment. */
export interface PagesOptions {
  /** The latest requests of an app with Nuxt, newest first. */
  requests?: () => Promise<readonly object[]>
}

/**
 * Prints the mails of a deployment through Vite's logger, and serves the pages `/__convue` (the
 * data viewer) and `/__convue/mail` (the mailbox), until the returned function is called.
 *
 * @param server The server of Vite, which may be a part of another server, as in Nuxt.
 * @param embedded The deployment. The pages have its data once it runs.
 * @param options The data that the pages show in addition.
 */
export function servePages(
  server: ViteDevServer,
  embedded: EmbeddedDeployment,
  options: PagesOptions = {},
): () => void {
  const { config: { logger }, middlewares } = server
  let mailbox: Mailbox | null = null
  let deployment: Deployment | null = null
  let isStopped = false
  embedded.onStart((local) => {
    if (isStopped)
      return
    deployment = local.deployment
    mailbox = createMailbox(deployment)
    mailbox.onMail(mail => logger.info(describeMail(mail), { timestamp: true }))
  })
  // The mailbox is a route, so that Nuxt passes its requests on to Vite's server unchanged.
  middlewares.use(MAILBOX_PATH, (request, response, next) => {
    if (mailbox)
      mailbox.handler(request, response)
    else
      next()
  })
  const source = {
    deployment: () => deployment ? { kind: 'running' as const, deployment } : { kind: 'waiting' as const },
    mails: () => mailbox?.mails ?? [],
    requests: options.requests ?? null,
  }
  middlewares.use(VIEWER_PATH, (request, response, next) => {
    if (!answerViewerRequest(source, request, response))
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
