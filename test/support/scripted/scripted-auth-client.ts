import { convexClient } from '@convex-dev/better-auth/client/plugins'
import { createAuthClient } from 'better-auth/vue'
import { fakeToken } from './fake-token.ts'

/** An answer of the auth server. */
export type Answer = () => Response | Promise<Response>

export function json(body: unknown, init: ResponseInit = {}): Answer {
  return () => Response.json(body, init)
}

export function html(status: number, headers: Record<string, string> = {}): Answer {
  return () => new Response('<!doctype html><title>Just a moment...</title>', { status, headers: { 'content-type': 'text/html', ...headers } })
}

export function text(body: string, status = 200, type = 'application/json'): Answer {
  return () => new Response(body, { status, headers: { 'content-type': type } })
}

export const noAnswer: Answer = () => Promise.reject(new TypeError('Failed to fetch'))

/** Inconclusive answers, most of them with a status of success. */
export const EMPTY_ANSWERS: [string, Answer][] = [
  ['200 with an empty body', text('')],
  ['200 with an empty body and no content type', () => new Response('')],
  ['200 with white space', text(' \n')],
  ['200 with an empty body as text', text('', 200, 'text/plain')],
  ['201 with an empty body', text('', 201)],
  ['204', () => new Response(null, { status: 204 })],
  ['205', () => new Response(null, { status: 205 })],
  ['200 with false', text('false')],
  ['200 with 0', text('0')],
  ['200 with ""', text('""')],
  ['200 with undefined', text('undefined')],
  ['200 with NaN', text('nan')],
  ['200 with NULL', text('NULL')],
  ['200 with []', text('[]')],
  ['200 with an HTML page', html(200)],
]

/** 401 answers that do not come from Better Auth. */
export const INDEFINITE_401S: [string, Answer][] = [
  ['401 with an HTML page', html(401)],
  ['401 with an empty body', text('', 401)],
  ['401 with a JSON string', text('"Unauthorized"', 401)],
  ['401 with a JSON list', text('[{"message":"Unauthorized"}]', 401)],
  ['401 with a number', text('401', 401)],
  ['401 with null', text('null', 401)],
]

export const UNAUTHORIZED = { code: 'UNAUTHORIZED', message: 'Unauthorized' }

export function sessionOf(userId: string, sessionId = `session-of-${userId}`): { user: object, session: object } {
  return {
    user: { id: userId, name: userId, email: `${userId}@example.com`, createdAt: '2026-01-01T00:00:00.000Z' },
    session: { id: sessionId, userId, token: 'secret-cookie-value', expiresAt: '2036-01-01T00:00:00.000Z' },
  }
}

/** An auth server with one session, whose answers the test can replace. */
export class ScriptedAuthServer {
  /** The user of the browser's session cookie. */
  user: string | null
  /** Answers of the test by path, which replace the answers of the server. */
  readonly answers: Record<string, Answer | undefined> = {}
  readonly requests: { path: string, method: string | undefined, headers: Headers }[] = []

  constructor(user: string | null) {
    this.user = user
  }

  paths = (): string[] => this.requests.map(({ path }) => path)

  count(path: string): number {
    return this.paths().filter(requested => requested === path).length
  }

  fetch = async (input: unknown, init?: RequestInit): Promise<Response> => {
    const path = new URL(String(input)).pathname.replace('/api/auth', '')
    this.requests.push({ path, method: init?.method, headers: new Headers(init?.headers) })
    const answer = Promise.resolve((this.answers[path] ?? (() => this.answer(path)))())
    const aborted = new Promise<never>((_resolve, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal!.reason)))
    return await Promise.race([answer, aborted])
  }

  /** The answer of the server itself. */
  answer(path: string): Response {
    switch (path) {
      case '/get-session':
        return Response.json(this.user && sessionOf(this.user))
      case '/convex/token':
        return this.user
          ? Response.json({ token: fakeToken(this.user, { sessionId: `session-of-${this.user}` }) })
          : Response.json(UNAUTHORIZED, { status: 401 })
      case '/sign-out':
        this.user = null
        return Response.json({ success: true })
      default:
        return Response.json({ success: true })
    }
  }

  /** A real client of Better Auth that sends its requests to this server. */
  createClient(plugins: any[] = [], fetchOptions: object = {}) {
    return createAuthClient({
      baseURL: 'https://app.example.com/api/auth',
      // The tests do not use the types of the other plugins.
      plugins: [convexClient(), ...plugins] as [ReturnType<typeof convexClient>],
      fetchOptions: { ...fetchOptions, customFetchImpl: this.fetch },
    })
  }
}
