import { once } from 'node:events'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { bundle } from '../bundle.ts'
import { SCRIPTS } from './subjects.ts'

/**
 * Serves the single-page apps: `/spa/convue` and all paths below it are the page of
 * `pages/convue.ts`.
 */
export async function serveSpa(): Promise<{ url: string, close: () => void }> {
  const scripts = new Map<string, string>()
  for (const name of SCRIPTS)
    scripts.set(name, await bundle({ entry: fileURLToPath(new URL(`./pages/${name}.ts`, import.meta.url)) }))

  const server = createServer((request, response) => {
    const [, name = ''] = /^\/spa\/(\w+)/.exec(request.url!) ?? []
    const isScript = request.url!.endsWith('.js')
    response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' })
    response.end(isScript
      ? scripts.get(name)
      : `<!doctype html><link rel="icon" href="data:,"><div id="app"></div><script type="module" src="/spa/${name}.js"></script>`)
  }).listen(0, 'localhost')
  await once(server, 'listening')
  return {
    url: `http://localhost:${(server.address() as { port: number }).port}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
