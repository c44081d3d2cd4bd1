import type { RequestListener } from 'node:http'
import { createServer } from 'node:http'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'

/** Runs the function of the `vercel` preset as Vercel does: with the request and the response of Node. */
const { HOST, PORT } = process.env
const FUNCTION = join(process.argv[2]!, 'functions/__fallback.func/index.mjs')
const handler: Promise<RequestListener> = import(pathToFileURL(FUNCTION).href).then(it => it.default)

createServer(async (req, res) => (await handler)(req, res))
  .listen(Number(PORT), HOST, () => process.stdout.write('Listening\n'))
