/** `convue dev`: the embedded deployment alone, for any framework. */
import { resolve } from 'node:path'
import process from 'node:process'
import { defineCommand } from 'citty'
import { acquireDeployment } from '../../dev/local-deployment.ts'
import { findFunctions } from '../../testing/app-settings.ts'
import { watchFunctions } from '../../testing/watch-functions.ts'

export default defineCommand({
  meta: { name: 'dev', description: 'Start the embedded deployment, without an app' },
  args: {
    'functions': { type: 'string', description: 'Folder of the functions (default: that of convex.json, or convex)' },
    'data': { type: 'string', description: 'Folder that keeps the data', default: '.convex-local' },
    'site-url': { type: 'string', description: 'Origin of the page', default: 'http://localhost:5173' },
    'seed': { type: 'string', description: 'Function that runs once on an empty database' },
  },
  async run({ args }) {
    const functions = findFunctions(args.functions)
    const start = { functions, data: resolve(args.data) }
    const local = await acquireDeployment({ seed: args.seed ?? null, start }, args['site-url'])
    const { url, siteUrl } = local.deployment
    console.log(`Convex URL: ${url}\nHTTP actions: ${siteUrl}`)
    for (const [label, text] of local.describe(process.cwd()))
      console.log(`${label}: ${text}`)
    const stopWatching = watchFunctions(functions, () => local.deployment.reload(), {
      failed: error => console.error(error.message),
      loaded: () => {},
    })
    await new Promise<void>((resolve) => {
      process.once('SIGINT', resolve).once('SIGTERM', resolve)
    })
    stopWatching()
    await local.release()
  },
})
