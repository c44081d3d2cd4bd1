/** Prints lines about the deployment below the addresses that Vite prints. */
import type { ViteDevServer } from 'vite'
import { styleText } from 'node:util'

/** Each line has a label and a text, as Vite's own lines have. */
export function addUrls(server: ViteDevServer, lines: [label: string, text: string][]): void {
  const printUrls = server.printUrls.bind(server)
  server.printUrls = () => {
    printUrls()
    for (const [label, text] of lines)
      server.config.logger.info(`  ${styleText('green', '➜')}  ${styleText('bold', label)}: ${text}`)
  }
}
