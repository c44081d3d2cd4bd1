/** The navigation guard that the documentation shows. */
import type { ConvexPlugin } from 'convue'
import type { Router } from 'vue-router'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { watch } from 'vue'

/** Returns the function `protectRoutes` from the reference of the plugin. */
export function loadRouteGuard(): (router: Router, plugin: ConvexPlugin) => void {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/reference/plugin.md'), 'utf8')
  const [, code = ''] = /^```ts\n([^`]*export function protectRoutes[\s\S]*?)^```$/m.exec(text)!
  const { outputText } = ts.transpileModule(code.replace(/^import .*$/gm, '').replace('export ', ''), {})
  // eslint-disable-next-line no-new-func
  return new Function('watch', `${outputText}\nreturn protectRoutes`)(watch)
}
