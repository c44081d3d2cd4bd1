/** `npm run docs`: serves the site, and writes its pages again when a page of the repository changes. */
import { watch } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { createServer } from 'vitepress'
import { ROOT, sourcePages } from './site-pages.ts'
import { DOCS, writePages } from './write-pages.ts'

writePages()
const server = await createServer(DOCS, { port: Number(process.env.PORT ?? 5180) })
await server.listen()
server.printUrls()
server.bindCLIShortcuts({ print: true })

for (const page of sourcePages())
  watch(join(ROOT, page), () => writePages())
