// @vitest-environment node
import type { Deployment } from 'convue/testing'
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import process from 'node:process'
import { startDeployment } from 'convue/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { freePort } from '../support/live/free-port.ts'
import { nuxtExamples } from './examples.ts'
import { appEnv, checkTypes, nuxt, NUXT_APP, writeNuxtApp } from './nuxt-app.ts'
import { signUpAda, visit } from './visit.ts'

const answering = nuxtExamples.filter(({ file }) => /^(?:app\/(?:pages|components)|server\/(?:api|routes))\//.test(file))

let deployment: Deployment
let server: ChildProcess
let origin: string
let ada: { id: string, cookie: string }
let types: Promise<string[]>

beforeAll(async () => {
  await writeNuxtApp()
  // The app's tsconfig.json refers to the files that this writes. Installing an app does the same.
  await nuxt('prepare')
  await nuxt('build')
  types = checkTypes()
  const port = await freePort()
  origin = `http://localhost:${port}`
  deployment = await startDeployment({ functions: join(NUXT_APP, 'convex'), siteUrl: origin })
  ada = await signUpAda(deployment, origin)
  server = spawn(process.execPath, [join(NUXT_APP, '.output/server/index.mjs')], {
    env: { ...appEnv(), HOST: 'localhost', PORT: String(port), NUXT_PUBLIC_CONVEX_URL: deployment.url, NUXT_PUBLIC_CONVEX_SITE_URL: deployment.siteUrl },
  })
  await new Promise<void>((resolve, reject) => {
    let log = ''
    for (const stream of [server.stdout!, server.stderr!]) {
      stream.on('data', (chunk) => {
        log += chunk
        if (log.includes('Listening'))
          resolve()
      })
    }
    server.once('exit', () => reject(new Error(`The server ended:\n${log}`)))
  })
})
beforeEach(async () => {
  const { internal } = await import(/* @vite-ignore */ join(NUXT_APP, 'convex/_generated/api.js'))
  await deployment.mutation(internal.seed.reset, { ada: ada.id })
})
afterAll(async () => {
  server?.kill()
  if (server?.exitCode === null)
    await once(server, 'exit')
  await deployment?.close()
})

describe('examples in a Nuxt app', () => {
  it('are found, and have a different file each', () => {
    expect(answering.length).toBeGreaterThan(5)
    expect(answering.filter(({ steps }) => !steps.some(({ action }) => /^(?:shows|location|status)$/.test(action))), 'pages and routes without a check of their response').toEqual([])
    expect(nuxtExamples.map(({ file }) => file).filter((file, index, files) => files.indexOf(file) !== index)).toEqual([])
  })

  it.for(answering)('run $file of $page, which answers the requests of the example as expected', async (example) => {
    await visit(example, origin, ada.cookie, fetch)
  })

  it('have no type errors', async () => {
    expect(await types).toEqual([])
  })
})
