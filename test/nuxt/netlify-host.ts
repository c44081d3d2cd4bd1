import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { serveFetch } from './serve-fetch.ts'

/** Runs the function of the `netlify` preset as Netlify does: with a `Request`, one at a time per connection. */
const handler: Promise<(request: Request) => Promise<Response>> = import(pathToFileURL(join(process.argv[2]!, 'server/main.mjs')).href).then(it => it.default)

serveFetch(async request => await (await handler)(request))
