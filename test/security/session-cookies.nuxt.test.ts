import type { TestUser } from '../nuxt/fixture.ts'
import { beforeEach, describe, expect, it } from 'vitest'
import { textOf, useNuxtApp } from '../nuxt/fixture.ts'

// test/server/token-binding.test.ts tests each combination of cookies. In this file, a built app answers.

const SESSION = 'better-auth.session_token'
const TOKEN = 'better-auth.convex_jwt'

const app = useNuxtApp()

let ada: TestUser
let bob: TestUser
beforeEach(async () => {
  [ada, bob] = await Promise.all([app.signUp('Ada', ['Secret of Ada']), app.signUp('Bob', ['Secret of Bob'])])
  app.takeServerRequests()
})

function headerOf(cookies: Iterable<[name: string, value: string]>): string {
  return [...cookies].map(pair => pair.join('=')).join('; ')
}

/** The users as whom the app renders a page, answers a route, and writes. */
async function identities(cookie: string): Promise<unknown[]> {
  const page = (await app.get('/public', cookie)).html
  const tasks = (await app.get('/tasks', cookie)).html
  const route = JSON.parse((await app.get('/api/whoami', cookie)).html)
  app.deployment.log.length = 0
  await fetch(`${app.url}/api/tasks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'origin': app.url, cookie },
    body: JSON.stringify({ text: 'From a route' }),
  })
  await app.deployment.settled()
  const writers = app.deployment.log.filter(({ name }) => name === 'tasks:add').map(({ subject }) => subject)
  const secrets = /Secret of \w+/.exec(tasks)?.[0] ?? null
  return [textOf(page, 'status'), textOf(page, 'mine'), secrets, route, writers]
}

const ANONYMOUS = ['unauthenticated', 'anonymous', null, { name: null, isAuthenticated: false }, [null]]
function asBob(): unknown[] {
  return ['authenticated Bob', 'Bob', 'Secret of Bob', { name: 'Bob', isAuthenticated: true }, [bob.userId]]
}

describe('a Nuxt app with conflicting auth cookies', () => {
  it('runs anonymously if only the session cookie was deleted, as when a browser is closed', async () => {
    const left = new Map(ada.cookies)
    left.delete(SESSION)
    expect(await identities(headerOf(left))).toEqual(ANONYMOUS)
    expect(app.takeServerRequests().filter(path => path.includes('/auth/'))).toEqual([])
  })

  it('runs as the session\'s user if a late response has set the previous user\'s token', async () => {
    const late = [...ada.cookies].filter(([name]) => name.startsWith(TOKEN))
    expect(late).toHaveLength(2)
    expect(await identities(headerOf(new Map([...bob.cookies, ...late])))).toEqual(asBob())
  })

  it('runs as the session\'s user if a page of another host has set another token', async () => {
    const planted = [...ada.cookies].filter(([name]) => name !== SESSION)
    expect(await identities(headerOf([...planted, ...bob.cookies]))).toEqual(asBob())
    expect(await identities(headerOf([...bob.cookies, ...planted]))).toEqual(asBob())
    const secure = [...ada.cookies].map(([name, value]): [string, string] => [`__Secure-${name}`, value])
    expect(await identities(headerOf([...secure, ...bob.cookies]))).toEqual(asBob())
  })

  it('runs anonymously if two session cookies have the same name', async () => {
    expect(await identities(headerOf([...ada.cookies, ...bob.cookies]))).toEqual(ANONYMOUS)
    expect(await identities(headerOf([...bob.cookies, ...ada.cookies]))).toEqual(ANONYMOUS)
    const response = await fetch(`${app.url}/api/auth/get-session`, { headers: { cookie: headerOf([...ada.cookies, ...bob.cookies]) } })
    expect(await response.json()).toBeNull()
  })
})
