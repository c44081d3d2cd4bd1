/** Serves the data viewer of an app whose deployment is not the embedded deployment. */
import type { ViteDevServer } from 'vite'
import { answerViewerRequest, VIEWER_PATH } from './viewer/viewer-handler.ts'

/** The content of the page. */
export interface RequestsOptions {
  /** The latest requests to the app's server, newest first. */
  requests: () => Promise<readonly object[]>
  /** What the developer must change so that the embedded deployment runs, in sentences. */
  howToEmbed: string
}

/**
 * Serves the page `/__convue` with the latest requests. The sections of the deployment say that
 * they need the embedded deployment.
 */
export function serveRequests({ middlewares }: ViteDevServer, { requests, howToEmbed }: RequestsOptions): void {
  const deployment = { kind: 'absent' as const, howToEmbed }
  const source = { deployment: () => deployment, mails: () => [], requests }
  middlewares.use(VIEWER_PATH, (request, response, next) => {
    if (!answerViewerRequest(source, request, response))
      next()
  })
}
