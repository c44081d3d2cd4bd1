/** The files of the built site, and a server for them. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { preview } from 'vite'

const SITE = join(import.meta.dirname, '../../docs/.vitepress')

/** The paths of all files, such as `guides/nuxt.html`. */
export function siteFiles(): string[] {
  return globSync('dist/**/*.*', { cwd: SITE }).map(path => path.replaceAll('\\', '/').slice('dist/'.length)).sort()
}

export function readSite(file: string): string {
  return readFileSync(join(SITE, 'dist', file), 'utf8')
}

/** Serves the site as a static host does, which adds `.html` to an address. */
export async function serveSite(): Promise<{ url: string, close: () => Promise<void> }> {
  const server = await preview({ root: SITE, configFile: false, appType: 'mpa', logLevel: 'silent', preview: { port: 0, host: '127.0.0.1' } })
  const [url] = server.resolvedUrls!.local
  return { url: url!.replace(/\/$/, ''), close: () => server.close() }
}
