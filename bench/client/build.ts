import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { bundle } from '../bundle.ts'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

export interface ServedPages {
  url: string
  /** The code of each subject, by the path of its script. */
  files: ReadonlyMap<string, string>
  close: () => void
}

/** Builds the pages of these subjects for production and serves them on a free port. */
export async function servePages(subjects: string[], { minify }: { minify: boolean }): Promise<ServedPages> {
  const files = new Map<string, string>()
  // One build for each subject, so that subjects share no chunk and no optimization.
  for (const subject of subjects) {
    files.set(`/${subject}.js`, await bundle({
      entry: path(`../page/subjects/${subject}.ts`),
      minify,
      plugins: subject === 'svelte' ? [svelte({ configFile: false })] : [],
    }))
  }

  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://localhost')
    const code = files.get(pathname)
    response.writeHead(200, {
      'Content-Type': code ? 'text/javascript' : 'text/html',
      // Only an isolated page has a clock with a resolution of 5 µs.
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    })
    // The elements are not displayed, so the browser spends no time on their layout between
    // measurements.
    response.end(code ?? `<!doctype html><link rel="icon" href="data:,"><div id="app" style="display: none"></div><script type="module" src="${pathname}.js"></script>`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    files,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
