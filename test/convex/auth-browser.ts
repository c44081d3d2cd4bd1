/** A browser that calls Better Auth's routes of a deployment. */
import type { BrowserFetch } from '../../src/testing/browser-fetch.ts'
import { genericOAuth } from 'better-auth/plugins/generic-oauth'
import { createBrowserFetch } from '../support/live/deployment.ts'

/** Starts a sign-in at the provider `stub`. Since Better Auth 1.7, it has the route of all providers. */
export function providerSignIn(callbackURL: string): [path: string, body: object] {
  return 'endpoints' in genericOAuth({ config: [] })
    ? ['sign-in/oauth2', { providerId: 'stub', callbackURL }]
    : ['sign-in/social', { provider: 'stub', callbackURL }]
}

export const PASSWORD = 'correct horse battery'

interface Answer {
  status: number
  body: any
}

/** Keeps its cookies, so that it remains signed in. */
export class AuthBrowser {
  readonly #fetch: BrowserFetch = createBrowserFetch()
  readonly #baseUrl: string

  constructor(siteUrl: string) {
    this.#baseUrl = `${siteUrl}/api/auth`
  }

  async post(path: string, body: object = {}): Promise<Answer> {
    return await this.#send(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  }

  /** A POST request that must succeed. */
  async do(path: string, body: object = {}): Promise<any> {
    const answer = await this.post(path, body)
    if (answer.status !== 200)
      throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }

  /** The session with its user; `null` if this browser is signed out. */
  async session(): Promise<any> {
    return (await this.#send('get-session', {})).body
  }

  /** Opens an address, as a link or a redirect does. */
  async visit(path: string): Promise<void> {
    await this.#fetch(`${this.#baseUrl}/${path}`, { redirect: 'manual' })
  }

  async #send(path: string, init: RequestInit): Promise<Answer> {
    const response = await this.#fetch(`${this.#baseUrl}/${path}`, init)
    const text = await response.text()
    return { status: response.status, body: text ? JSON.parse(text) : null }
  }
}
