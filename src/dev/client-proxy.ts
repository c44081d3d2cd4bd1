/** Passes the requests of Convex's clients on to the deployment, for pages on other machines. */
import type { Buffer } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { EmbeddedDeployment } from './embedded-deployment.ts'
import { request as sendRequest } from 'node:http'
import { pipeline } from 'node:stream'
import { CLIENT_PATHS } from './client-paths.ts'

/**
 * The path that follows the origin of the page in the address of the deployment. The server of the
 * page may have routes of its own below `/api`.
 */
export const CLIENT_PATH = '/__convue/deployment'

/** Answers the requests below {@link CLIENT_PATH}. */
export interface ClientProxy {
  /** Answers a request of `ConvexHttpClient`, or for a stored file. */
  handler: (request: IncomingMessage, response: ServerResponse) => void
  /**
   * Connects the socket of `ConvexClient`. Returns `false` for other sockets, without using them.
   */
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean
}

const CLIENT_PATTERN = new RegExp(CLIENT_PATHS)

/**
 * Another machine cannot connect to the loopback interface of this one, so its page uses its own
 * origin, followed by {@link CLIENT_PATH}, as the address of the deployment.
 *
 * @param embedded The deployment.
 */
export function createClientProxy(embedded: EmbeddedDeployment): ClientProxy {
  return {
    handler(request, response) {
      const path = pathOf(request)
      if (path === null)
        return refuse(response, 404)
      const upstream = passOn(request, embedded.url + path)
      upstream.on('response', (answer) => {
        response.writeHead(answer.statusCode!, answer.headers)
        pipeline(answer, response, () => {})
      })
      // The deployment has not started if its functions have errors.
      upstream.on('error', () => refuse(response, 502))
      response.on('close', () => upstream.destroy())
      request.pipe(upstream)
    },
    upgrade(request, socket, head) {
      const path = pathOf(request)
      if (path === null)
        return false
      socket.on('error', () => socket.destroy())
      const upstream = passOn(request, embedded.url + path)
      upstream.on('upgrade', (answer, other, otherHead) => {
        socket.write(headOf(answer))
        socket.write(otherHead)
        other.write(head)
        // `pipeline` would add so many listeners to the socket, beside those of the server, that
        // Node warns of a leak.
        socket.pipe(other).pipe(socket)
        other.on('error', () => other.destroy())
        other.on('close', () => socket.destroy())
        socket.on('close', () => other.destroy())
      })
      // The deployment refuses pages of other origins.
      upstream.on('response', answer => socket.end(`${statusLine(answer)}connection: close\r\n\r\n`))
      upstream.on('error', () => socket.destroy())
      socket.on('close', () => upstream.destroy())
      upstream.end()
      return true
    },
  }
}

/** The path at the deployment; `null` if it is not a path of clients. */
function pathOf(request: IncomingMessage): string | null {
  // Middlewares of Vite receive a path without that of their route.
  const { originalUrl = request.url ?? '' } = request as IncomingMessage & { originalUrl?: string }
  if (!originalUrl.startsWith(`${CLIENT_PATH}/`))
    return null
  const path = originalUrl.slice(CLIENT_PATH.length)
  return CLIENT_PATTERN.test(path) ? path : null
}

function passOn({ method, headers }: IncomingMessage, url: string): ReturnType<typeof sendRequest> {
  // The deployment accepts only the names of this machine.
  return sendRequest(url, { method, headers: { ...headers, host: new URL(url).host }, agent: false })
}

function headOf(answer: IncomingMessage): string {
  const { rawHeaders } = answer
  const lines = rawHeaders.flatMap((name, index) => index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}\r\n`] : [])
  return `${statusLine(answer)}${lines.join('')}\r\n`
}

function statusLine({ statusCode, statusMessage }: IncomingMessage): string {
  return `HTTP/1.1 ${statusCode} ${statusMessage}\r\n`
}

function refuse(response: ServerResponse, status: number): void {
  if (!response.headersSent)
    response.writeHead(status)
  response.end()
}
