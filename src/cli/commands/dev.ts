/** `convue dev`: starts the embedded deployment alone, for any framework. */
import type { LocalDeployment } from '../../dev/local-deployment.ts'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { resolve } from 'node:path'
import process from 'node:process'
import { defineCommand } from 'citty'
import { devError } from '../../dev/dev-error.ts'
import { findFreePort } from '../../dev/free-port.ts'
import { acquireDeployment } from '../../dev/local-deployment.ts'
import { findRunningDeployment } from '../../dev/running-deployment.ts'
import { findFunctions } from '../../project/functions-folder.ts'
import { readVariables } from '../../testing/app-settings.ts'
import { watchFunctions } from '../../testing/watch-functions.ts'
import { DATA_ARGS } from '../data-args.ts'
import { readPort } from '../read-port.ts'
import { style, withProgress } from '../terminal.ts'

/** The port that Convex's own local deployment uses, too. */
const DEFAULT_PORT = 3210

/** The exit code of a program that a signal has ended is this number plus the signal's number. */
const FIRST_SIGNAL_CODE = 128

const DEFAULT_ORIGIN = 'http://localhost:5173'

export default defineCommand({
  meta: {
    name: 'dev',
    description: 'Start the embedded deployment, without an app. '
      + 'A command after `--` runs beside it: convue dev -- npm run start',
  },
  args: {
    'functions': {
      type: 'string',
      valueHint: 'folder',
      description: 'Folder of the functions (default: as in convex.json, or convex)',
    },
    ...DATA_ARGS,
    'port': { type: 'string', description: `Port for clients (default: the first free one from ${DEFAULT_PORT})` },
    'site-port': {
      type: 'string',
      valueHint: 'port',
      description: 'Port of the HTTP actions (default: the next free one)',
    },
    'site-url': {
      type: 'string',
      valueHint: 'origin',
      description: `Origin of the page (default: SITE_URL in convex/.env, or ${DEFAULT_ORIGIN})`,
    },
    'seed': {
      type: 'string',
      valueHint: 'function',
      description: 'Function that runs once on an empty database, such as seed:default',
    },
  },
  async run({ args, rawArgs }) {
    // A signal that arrives during the start ends the deployment as soon as it has started.
    const signal = new Promise<number>((resolve) => {
      process.once('SIGINT', () => resolve(0)).once('SIGTERM', () => resolve(0))
    })
    const data = resolve(args.data)
    const running = await findRunningDeployment(data)
    if (running)
      throw devError('DEPLOYMENT_RUNS_ALREADY', { ...running, data: args.data })
    const port = readPort('port', args.port) ?? await findFreePort(DEFAULT_PORT, '127.0.0.1')
    const sitePort = readPort('site-port', args['site-port']) ?? await findFreePort(port + 1, '127.0.0.1')
    const start = { functions: findFunctions(args.functions), data, port, sitePort }
    const origin = args['site-url'] ?? (readVariables(start.functions).SITE_URL || DEFAULT_ORIGIN)
    const local = await withProgress('Starting the embedded deployment', () =>
      acquireDeployment({ seed: args.seed ?? null, start }, origin))
    printDeployment(local)
    const stopWatching = watchFunctions(start.functions, () => local.deployment.reload(), {
      failed: error => console.error(error.message),
      loaded: () => console.log(`${style('dim', new Date().toLocaleTimeString())} Functions reloaded`),
    })
    try {
      const command = rawArgs.includes('--') ? rawArgs.slice(rawArgs.indexOf('--') + 1) : []
      return await (command.length > 0 ? runBeside(command, local) : signal)
    }
    finally {
      stopWatching()
      await local.release()
    }
  },
})

function printDeployment(local: LocalDeployment): void {
  const { url, siteUrl, appOrigin } = local.deployment
  const lines = [
    ['Convex URL', url],
    ['HTTP actions', siteUrl],
    ['Page', `${appOrigin} (SITE_URL)`],
    ...local.describe(process.cwd()),
  ]
  for (const [label, text] of lines)
    console.log(`  ${style('green', '➜')}  ${style('bold', label!)}: ${text}`)
  console.log(`
For .env.local, with Vite:
VITE_CONVEX_URL=${url}
VITE_CONVEX_SITE_URL=${siteUrl}

With Nuxt:
NUXT_PUBLIC_CONVEX_URL=${url}
NUXT_PUBLIC_CONVEX_SITE_URL=${siteUrl}
`)
}

/**
 * Runs a command whose environment variables contain the address of the deployment. Resolves to the
 * exit code.
 */
async function runBeside([command, ...args]: string[], { deployment }: LocalDeployment): Promise<number> {
  const { url, siteUrl } = deployment
  const child = spawn(command!, args, {
    stdio: 'inherit',
    // Commands of npm are scripts on Windows, which only a shell starts.
    shell: process.platform === 'win32',
    env: {
      ...process.env,
      VITE_CONVEX_URL: url,
      VITE_CONVEX_SITE_URL: siteUrl,
      CONVEX_URL: url,
      CONVEX_SITE_URL: siteUrl,
      NUXT_PUBLIC_CONVEX_URL: url,
      NUXT_PUBLIC_CONVEX_SITE_URL: siteUrl,
    },
  })
  let isStopped = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      isStopped = true
      child.kill(signal)
    })
  }
  try {
    const [code, signal] = await once(child, 'exit') as [number, null] | [null, NodeJS.Signals]
    if (signal === null)
      return code
    // A shell reports a program that a signal has ended in this way.
    if (isStopped)
      return 0
    return FIRST_SIGNAL_CODE + constants.signals[signal]
  }
  catch (cause) {
    throw devError('COMMAND_NOT_STARTED', { command: command!, message: (cause as Error).message }, cause)
  }
}
