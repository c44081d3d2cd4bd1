/** A provider of accounts, such as GitHub or Google, that signs anyone in without a password. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'

const USERS = ['Ada', 'Grace', 'Mallory']

/** Starts the provider, and returns its address. Only for development. */
export async function startProvider(): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://provider')
  switch (url.pathname) {
    case '/authorize':
      return send(response, 'text/html', chooseUser(url.searchParams))
    case '/token': {
      // The code and the token of a user are the user's name.
      const form = new URLSearchParams(await text(request))
      return sendJson(response, { token_type: 'Bearer', access_token: form.get('code') })
    }
    case '/userinfo': {
      const name = request.headers.authorization?.replace('Bearer ', '') ?? ''
      const email = `${name.toLowerCase()}@provider.example`
      return sendJson(response, { sub: name, name, email, email_verified: true })
    }
    default:
      response.writeHead(404).end()
  }
}

function chooseUser(parameters: URLSearchParams): string {
  const links = USERS.map((name) => {
    const back = new URL(parameters.get('redirect_uri')!)
    back.searchParams.set('code', name)
    back.searchParams.set('state', parameters.get('state')!)
    return `<li><a href="${back.href.replaceAll('&', '&amp;')}">Continue as ${name}</a></li>`
  })
  return `<!doctype html><html lang="en"><title>Provider</title><link rel="icon" href="data:,">
    <main><h1>Who are you?</h1><ul>${links.join('')}</ul></main></html>`
}

function sendJson(response: ServerResponse, value: unknown): void {
  send(response, 'application/json', JSON.stringify(value))
}

function send(response: ServerResponse, type: string, body: string): void {
  response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body)
}
