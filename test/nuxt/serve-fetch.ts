import { Buffer } from 'node:buffer'
import { createServer } from 'node:http'
import process from 'node:process'

/** Answers the requests at the port in `PORT` with a function that has no access to the connection, as on many hosts. */
export function serveFetch(respond: (request: Request) => Promise<Response>): void {
  const { HOST, PORT } = process.env
  createServer(async (req, res) => {
    const chunks: Buffer[] = []
    for await (const chunk of req)
      chunks.push(chunk)
    const headers = new Headers(Object.entries(req.headers).map(([name, value]) => [name, String(value)] as [string, string]))
    const body = chunks.length > 0 ? Buffer.concat(chunks) : undefined
    const response = await respond(new Request(`http://${req.headers.host}${req.url}`, { method: req.method, headers, body }))
    for (const [name, value] of response.headers) {
      if (name !== 'set-cookie')
        res.setHeader(name, value)
    }
    res.setHeader('set-cookie', response.headers.getSetCookie())
    res.statusCode = response.status
    res.end(Buffer.from(await response.arrayBuffer()))
  }).listen(Number(PORT), HOST, () => process.stdout.write('Listening\n'))
}
