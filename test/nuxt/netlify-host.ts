import { Buffer } from 'node:buffer'
import { createServer } from 'node:http'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'

/** Runs the function of the `netlify` preset as Netlify does: with a `Request`, one at a time per connection. */
const { HOST, PORT } = process.env
const handler: Promise<(request: Request) => Promise<Response>> = import(pathToFileURL(join(process.argv[2]!, 'server/main.mjs')).href).then(it => it.default)

createServer(async (req, res) => {
  const chunks: Buffer[] = []
  for await (const chunk of req)
    chunks.push(chunk)
  const headers = new Headers(Object.entries(req.headers).map(([name, value]) => [name, String(value)] as [string, string]))
  const body = chunks.length > 0 ? Buffer.concat(chunks) : undefined
  const handle = await handler
  const response = await handle(new Request(`http://${req.headers.host}${req.url}`, { method: req.method, headers, body }))
  for (const [name, value] of response.headers) {
    if (name !== 'set-cookie')
      res.setHeader(name, value)
  }
  res.setHeader('set-cookie', response.headers.getSetCookie())
  res.statusCode = response.status
  res.end(Buffer.from(await response.arrayBuffer()))
}).listen(Number(PORT), HOST, () => process.stdout.write('Listening\n'))
