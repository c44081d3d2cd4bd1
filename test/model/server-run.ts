import type { ConvexServer } from 'convue/server'
import type { JarCookie } from './cookie-jar.ts'
import type { ServerCall, ServerCommand, ServerSetup, TabRequest } from './server-commands.ts'
import { createHash } from 'node:crypto'
import { makeFunctionReference } from 'convex/server'
import { createConvexServer } from 'convue/server'
import { vi } from 'vitest'
import { bindingOf } from '../support/live/auth-cookies.ts'
import { CookieJar } from './cookie-jar.ts'
import { ModelAuth } from './model-auth.ts'
import { settle, VirtualTime } from './virtual-time.ts'

const APP = 'https://app.example.com'
const AUTH_PATH = '/api/auth'
const query = makeFunctionReference<'query', Record<string, never>, string | null>('users:whoami')
const mutation = makeFunctionReference<'mutation', Record<string, never>, string | null>('tasks:add')

/**
 * The outcome of one call: it ran as a user (with the session id, if it is known), it ran
 * anonymously, or it was rejected.
 */
type Outcome
  = | { kind: 'user', call: ServerCall, user: string, sessionId: string | null }
    | { kind: 'anonymous', call: ServerCall }
    | { kind: 'rejected', call: ServerCall, error: unknown }

/** A request to the deployment that has not been answered. */
interface Pending {
  settle: (isLost: boolean) => void
}

/**
 * A request of a tab to the app's server that the browser has sent and whose answer has not
 * arrived.
 */
interface Flight {
  tab: number
  pending: Pending[]
  /** `null` until the app's server has answered. */
  setCookies: string[] | null
}

/** One browser with one app, and the invariants that the app's server has violated. */
export class ServerRun {
  readonly #time = new VirtualTime()
  readonly #jar = new CookieJar()
  readonly #auth: ModelAuth
  readonly #setup: ServerSetup
  readonly #faults = new Set<string>()
  /** The session and the token of a user who controls the sibling subdomain. */
  readonly #planter: { session: string, token: string }
  #flights: Flight[] = []

  constructor(setup: ServerSetup) {
    this.#setup = setup
    // The real function runs on another thread, so the order of events would differ from run to
    // run.
    vi.spyOn(crypto.subtle, 'digest').mockImplementation(async (_algorithm, data) =>
      new Uint8Array(createHash('sha256').update(data as Uint8Array).digest()).buffer)
    this.#auth = new ModelAuth(setup)
    const session = this.#auth.createSession('mallory', true)
    this.#planter = { session, token: this.#auth.createToken(session) }
  }

  get faults(): string[] {
    return [...this.#faults]
  }

  async run(command: ServerCommand): Promise<void> {
    await this.#perform(command)
    await this.#probe()
  }

  /** Makes Better Auth reachable again, and lets every answer arrive. */
  async calm(): Promise<void> {
    this.#auth.mode = 'good'
    for (const flight of [...this.#flights])
      await this.#finish(flight)
    await this.#probe()
  }

  async close(): Promise<void> {
    // Waits until all unanswered requests have timed out, so that no timer remains.
    await this.#time.advance(11_000)
    this.#time.end()
  }

  async #perform(command: ServerCommand): Promise<void> {
    switch (command.do) {
      case 'send':
        return await this.#send(command.tab, command.request, command.isSlow)
      case 'step': {
        const flight = this.#flights[command.nth % (this.#flights.length || 1)]
        return flight && await this.#step(flight, command.nth, command.isLost)
      }
      case 'plant':
        return this.#plant(command)
      case 'dropPlanted':
        return this.#jar.dropPlanted()
      case 'dropCookie':
        return this.#jar.drop(command.nth)
      case 'closeBrowser':
        this.#flights = []
        return this.#jar.closeBrowser()
      case 'closeTab':
        this.#flights = this.#flights.filter(({ tab }) => tab !== command.tab)
        return
      case 'rotateKeys':
        return this.#auth.rotateKeys()
      case 'revoke':
        return this.#auth.revoke(command.user)
      case 'upstream':
        this.#auth.mode = command.mode
        return
      case 'wait':
        await this.#time.advance(command.ms)
    }
  }

  async #send(tab: number, request: TabRequest, isSlow: boolean): Promise<void> {
    const flight: Flight = { tab, pending: [], setCookies: null }
    this.#flights.push(flight)
    const server = this.#createServer(request => new Promise((resolve, reject) => {
      const pending: Pending = {
        settle: (isLost) => {
          flight.pending = flight.pending.filter(other => other !== pending)
          try {
            const response = this.#auth.answer(request)
            if (isLost)
              throw new TypeError('fetch failed')
            resolve(response)
          }
          catch (error) {
            reject(error)
          }
        },
      }
      flight.pending.push(pending)
      request.signal.addEventListener('abort', () => {
        flight.pending = flight.pending.filter(other => other !== pending)
        reject(request.signal.reason)
      })
    }))
    const answer = request.to === 'page' ? this.#page(server, request) : this.#askAuth(server, request)
    answer.then(setCookies => flight.setCookies = setCookies, error => this.#faults.add(`the server throws ${error}`))
    await settle()
    if (!isSlow)
      await this.#finish(flight)
  }

  async #finish(flight: Flight): Promise<void> {
    while (this.#flights.includes(flight))
      await this.#step(flight, 0, false)
  }

  /**
   * Answers one request to the deployment. If none is pending, the answer of the app's server
   * arrives in the browser, with its cookies.
   */
  async #step(flight: Flight, nth: number, isLost: boolean): Promise<void> {
    const pending = flight.pending[nth % (flight.pending.length || 1)]
    if (!pending) {
      if (!flight.setCookies)
        this.#faults.add('a request has no answer, although the deployment has answered')
      this.#flights = this.#flights.filter(other => other !== flight)
      flight.setCookies?.forEach(setCookie => this.#jar.set(setCookie, 'app'))
      return
    }
    pending.settle(isLost)
    await settle()
    await settle()
  }

  async #askAuth(server: ConvexServer, request: Exclude<TabRequest, { to: 'page' }>): Promise<string[]> {
    const isPost = request.to === 'sign-in' || request.to === 'sign-out'
    const path = `${AUTH_PATH}/${request.to}`
    const response = await server.handler(new Request(APP + path, {
      method: isPost ? 'POST' : 'GET',
      headers: headersOf(this.#jar.sentTo(path)),
      ...(isPost ? { body: JSON.stringify(request) } : {}),
    }), { address: '192.0.2.1' })
    return response.headers.getSetCookie()
  }

  async #page(server: ConvexServer, { calls, inParallel }: Extract<TabRequest, { to: 'page' }>): Promise<string[]> {
    const sent = this.#jar.sentTo('/')
    const { outcomes, setCookies } = await perform(server, sent, calls, inParallel)
    this.#checkUsers(sent, outcomes)
    return setCookies
  }

  #plant({ names, prefix, path, by, value }: Extract<ServerCommand, { do: 'plant' }>): void {
    const { session, token } = this.#planter
    const values = {
      session_token: session,
      convex_jwt: token,
      convex_jwt_binding: bindingOf(`${prefix}better-auth.session_token=${session}`, token),
      session_data: `cache.${session}`,
    }
    // Browsers reject a `__Host-` cookie with a `Domain`. They accept the other cookies of such an
    // attack.
    const security = by === 'sibling over https' ? '; Secure' : ''
    for (const name of names) {
      const planted = value === 'valid' ? values[name] : 'garbage'
      this.#jar.set(`${prefix}better-auth.${name}=${planted}; Domain=example.com; Path=${path}${security}`, by)
    }
  }

  /** Checks the identity of a new request with the current cookies. */
  async #probe(): Promise<void> {
    const sent = this.#jar.sentTo('/')
    const server = this.#createServer(async request => this.#auth.answer(request))
    const orders: ServerCall[][] = [
      ['query', 'token', 'session', 'token', 'mutation'],
      ['session', 'token', 'query'],
    ]
    for (const calls of orders) {
      const { outcomes } = await perform(server, sent, calls, false)
      this.#checkUsers(sent, outcomes)
      this.#checkAvailable(sent, outcomes)
      this.#checkAgreement(outcomes)
    }
    const { outcomes } = await perform(server, sent, ['query', 'session', 'token', 'mutation'], true)
    this.#checkUsers(sent, outcomes)
    this.#checkAvailable(sent, outcomes)
  }

  /**
   * The session cookie of the app determines the user, whatever other cookies are planted. If only
   * planted session cookies remain, the server cannot recognize them as planted, so it may run as
   * their user. The same is true of a session cookie with a prefix that Better Auth does not read,
   * as long as a token is bound to the cookie and no call has requested the session.
   */
  #checkUsers(sent: JarCookie[], outcomes: Outcome[]): void {
    const sessions = sent.filter(({ name }) => /^(?:__Secure-|__Host-)?better-auth\.session_token$/.test(name))
    const own = sessions.filter(({ isPlanted }) => !isPlanted)
    const users = (own.length > 0 ? own : sessions).map(({ value }) => this.#auth.userOf(value))
    for (const outcome of outcomes) {
      if (outcome.kind === 'user' && !users.includes(outcome.user))
        this.#faults.add(`${outcome.call} runs as ${outcome.user} beside the sessions of ${users}`)
    }
  }

  /**
   * If the session is valid and unambiguous and Better Auth can be reached, every call must run as
   * the user. If there is no session cookie, every call must run anonymously, even if Better Auth
   * cannot be reached.
   */
  #checkAvailable(sent: JarCookie[], outcomes: Outcome[]): void {
    if (!sent.some(({ name }) => name.endsWith('better-auth.session_token'))) {
      for (const outcome of outcomes) {
        if (outcome.kind !== 'anonymous')
          this.#faults.add(`${outcome.call} is ${outcome.kind} without a session cookie: ${(outcome as any).error}`)
      }
    }
    const session = sent.find(({ name }) => name === `${this.#setup.prefix}better-auth.session_token`)
    const isPlanted = sent.some(({ isPlanted }) => isPlanted)
    if (!session || isPlanted || this.#auth.mode !== 'good' || !this.#auth.isValid(session.value))
      return
    for (const outcome of outcomes) {
      if (outcome.kind !== 'user')
        this.#faults.add(`${outcome.call} is ${outcome.kind} with a valid session: ${(outcome as any).error}`)
    }
  }

  /**
   * Once a request knows its session, every later call must run as the user of the session, or
   * reject.
   */
  #checkAgreement(outcomes: Outcome[]): void {
    const index = outcomes.findIndex(({ call, kind }) => call === 'session' && kind !== 'rejected')
    const session = outcomes[index]
    for (const later of session ? outcomes.slice(index + 1) : []) {
      if (later.kind !== 'rejected' && nameIn(later) !== nameIn(session!))
        this.#faults.add(`${later.call} runs as ${nameIn(later)} after a session of ${nameIn(session!)}`)
      if (later.kind === 'user' && session!.kind === 'user' && later.sessionId && later.sessionId !== session!.sessionId)
        this.#faults.add(`${later.call} is of session ${later.sessionId} after session ${session!.sessionId}`)
    }
  }

  #createServer(answer: (request: Parameters<ModelAuth['answer']>[0] & { signal: AbortSignal }) => Promise<Response>): ConvexServer {
    return createConvexServer({
      convexUrl: 'https://model.convex.cloud',
      convexSiteUrl: 'https://model.convex.site',
      jwtCache: this.#setup.jwtCache,
      fetch: async (input, { headers: init, body, signal } = {}) => {
        const headers = new Headers(init)
        return await answer({
          path: new URL(String(input)).pathname,
          cookie: headers.get('cookie') ?? '',
          token: headers.get('authorization')?.replace('Bearer ', '') ?? null,
          body: body instanceof Blob ? await body.text() : String(body),
          signal: signal!,
        })
      },
    })
  }
}

/** The calls of the app's server code while it answers one request for a page. */
async function perform(
  server: ConvexServer,
  sent: JarCookie[],
  calls: ServerCall[],
  inParallel: boolean,
): Promise<{ outcomes: Outcome[], setCookies: string[] }> {
  const request = server.forRequest(new Request(`${APP}/`, {
    headers: { 'sec-fetch-site': 'same-origin', ...headersOf(sent) },
  }))
  const run = async (call: ServerCall): Promise<Outcome> => {
    try {
      switch (call) {
        case 'token': {
          const token = await request.getToken()
          const { sub = null, sessionId = null } = token ? JSON.parse(atob(token.split('.')[1]!)) : {}
          return outcomeOf(call, sub, sessionId)
        }
        case 'session': {
          const session = await request.getSession()
          return outcomeOf(call, session?.user.id ?? null, session?.session.id ?? null)
        }
        case 'query':
          return outcomeOf(call, await request.fetchAuthQuery(query, {}))
        case 'mutation':
          return outcomeOf(call, await request.fetchAuthMutation(mutation, {}))
      }
    }
    catch (error) {
      return { kind: 'rejected', call, error }
    }
  }
  const outcomes: Outcome[] = []
  if (inParallel) {
    outcomes.push(...await Promise.all(calls.map(run)))
  }
  else {
    for (const call of calls)
      outcomes.push(await run(call))
  }
  return { outcomes, setCookies: request.responseHeaders().getSetCookie() }
}

function outcomeOf(call: ServerCall, user: string | null, sessionId: string | null = null): Outcome {
  return user === null ? { kind: 'anonymous', call } : { kind: 'user', call, user, sessionId }
}

function nameIn(outcome: Outcome): string {
  return outcome.kind === 'user' ? outcome.user : outcome.kind
}

function headersOf(sent: JarCookie[]): Record<string, string> {
  return sent.length > 0 ? { cookie: sent.map(({ name, value }) => `${name}=${value}`).join('; ') } : {}
}
