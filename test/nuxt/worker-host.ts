import { registerHooks } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { serveFetch } from './serve-fetch.ts'

interface Worker {
  fetch: (request: Request, env: object, context: object) => Promise<Response>
}

// The module of Cloudflare from which the build imports the variables.
const BINDINGS = `data:text/javascript,${encodeURIComponent('export const env = process.env')}`

registerHooks({
  resolve: (specifier, context, next) => specifier === 'cloudflare:workers' ? { url: BINDINGS, shortCircuit: true } : next(specifier, context),
})

/** Runs the worker of the `cloudflare_module` preset in Node: with a `Request`, and without a folder of files. */
const worker: Promise<Worker> = import(pathToFileURL(join(process.argv[2]!, 'server/index.mjs')).href).then(it => it.default)

const env = { ASSETS: { fetch: async () => new Response(null, { status: 404 }) } }
serveFetch(async request => await (await worker).fetch(request, env, { waitUntil: () => {}, passThroughOnException: () => {} }))
