/** Answers the requests of the data viewer. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Deployment } from '../../testing/index.ts'
import type { ReceivedMail } from '../received-mails.ts'
import type { RowsRequest, RunRequest } from './viewer-data.ts'
import { randomBytes } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { isFromThisMachine, isNavigation, isOfOwnPage } from '../own-pages.ts'
import { clientScript } from './client-script.ts'
import {
  listFiles,
  listFunctions,
  listJobs,
  listTables,
  listUsers,
  readLog,
  readRows,
  runFunction,
} from './viewer-data.ts'
import { viewerPage, viewerPolicy } from './viewer-page.ts'

/** The path of the data viewer. */
export const VIEWER_PATH = '/__convue'

/** The embedded deployment of the app, if it has one. */
export type ViewedDeployment
  = | { kind: 'running', deployment: Deployment }
    // It has not started, because its functions have errors.
    | { kind: 'waiting' }
    // The app uses another deployment. `howToEmbed` says how the developer changes this.
    | { kind: 'absent', howToEmbed: string }

/** The deployment and the requests that the data viewer shows. */
export interface ViewerSource {
  deployment: () => ViewedDeployment
  mails: () => readonly ReceivedMail[]
  /** Reads the latest requests of an app with Nuxt; `null` without Nuxt. */
  requests: (() => Promise<readonly object[]>) | null
}

type Route = (deployment: Deployment, parameters: URLSearchParams, body: unknown) => unknown

const ROUTES: Record<string, Route> = {
  'GET tables': listTables,
  'GET rows': (deployment, parameters) => readRows(deployment, readParameters(parameters)),
  'GET files': listFiles,
  'GET scheduled': listJobs,
  'GET functions': listFunctions,
  'GET users': listUsers,
  'GET log': readLog,
  'POST run': (deployment, _parameters, body) => runFunction(deployment, readRun(body)),
}

const NOT_STARTED = 'The deployment has not started, because its functions cannot be loaded: see the terminal.'
const ABSENT = 'The data viewer only reads the embedded deployment, which this app does not use.'

/**
 * Answers a request for the page or its data, and returns `false` for any other request. The data
 * is only for the page itself, since the page can read all data and run all functions.
 */
export function answerViewerRequest(source: ViewerSource, request: IncomingMessage, response: ServerResponse): boolean {
  const { originalUrl = request.url ?? '' } = request as IncomingMessage & { originalUrl?: string }
  const { pathname, searchParams } = new URL(originalUrl, 'http://localhost')
  const [match, path] = /\/__convue(?:\/api\/([a-z]+))?\/?$/.exec(pathname) ?? []
  if (match === undefined)
    return false
  const isPage = path === undefined
  if (!isFromThisMachine(request) || !(isOfOwnPage(request) || (isPage && isNavigation(request))))
    send(response, 403, 'text/plain', 'The data viewer only answers to this machine, on the origin of the page.')
  else if (isPage)
    void sendPage(source, request, response)
  else
    void sendData(source, request, response, { path, parameters: searchParams })
  return true
}

async function sendPage(source: ViewerSource, { method }: IncomingMessage, response: ServerResponse): Promise<void> {
  if (method !== 'GET')
    return send(response, 405, 'text/plain', 'The page can only be read.')
  try {
    const script = await clientScript()
    const nonce = randomBytes(16).toString('base64')
    response.setHeader('content-security-policy', viewerPolicy(nonce))
    const viewed = source.deployment()
    const howToEmbed = viewed.kind === 'absent' ? viewed.howToEmbed : null
    send(response, 200, 'text/html', viewerPage({ nonce, hasRequests: source.requests !== null, howToEmbed, script }))
  }
  catch (error) {
    send(response, 500, 'text/plain', (error as Error).message)
  }
}

async function sendData(
  source: ViewerSource,
  request: IncomingMessage,
  response: ServerResponse,
  { path, parameters }: { path: string, parameters: URLSearchParams },
): Promise<void> {
  try {
    const data = await readData(source, request, `${request.method} ${path}`, parameters)
    if (data === undefined)
      send(response, 404, 'text/plain', 'The data viewer has no such data.')
    else
      send(response, 200, 'application/json', JSON.stringify(data))
  }
  catch (error) {
    send(response, 500, 'text/plain', (error as Error).message)
  }
}

/** `undefined` if there is no such data. */
async function readData(
  source: ViewerSource,
  request: IncomingMessage,
  name: string,
  parameters: URLSearchParams,
): Promise<unknown> {
  if (name === 'GET mails')
    return source.mails().map(({ id, to, subject, at }) => ({ id, to, subject, at }))
  if (name === 'GET requests')
    return await source.requests?.()
  const route = ROUTES[name]
  if (!route)
    return undefined
  const viewed = source.deployment()
  if (viewed.kind === 'absent')
    throw new Error(ABSENT)
  if (viewed.kind === 'waiting')
    throw new Error(NOT_STARTED)
  const body = request.method === 'POST' ? await readBody(request) : undefined
  return await route(viewed.deployment, parameters, body)
}

/** A page of another origin cannot send JSON, since this server never allows it with CORS. */
async function readBody(request: IncomingMessage): Promise<unknown> {
  if (!request.headers['content-type']?.startsWith('application/json'))
    throw new Error('The body must be JSON.')
  return JSON.parse(await text(request))
}

function readParameters(parameters: URLSearchParams): RowsRequest {
  const read = (name: string): string => parameters.get(name) ?? ''
  return {
    component: read('component'),
    table: read('table'),
    index: read('index') || 'by_creation_time',
    order: read('order') === 'asc' ? 'asc' : 'desc',
    cursor: read('cursor'),
  }
}

function readRun(body: unknown): RunRequest {
  const { component = '', name, args = {}, subject = null } = body as Partial<RunRequest>
  if (typeof name !== 'string')
    throw new TypeError('The request does not name a function.')
  return { component, name, args, subject }
}

function send(response: ServerResponse, status: number, type: string, content: string): void {
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  })
  response.end(content)
}
