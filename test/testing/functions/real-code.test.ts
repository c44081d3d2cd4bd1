import type { LogLine } from '../../../src/testing/functions/messages.ts'
import type { Syscall } from '../../../src/testing/functions/syscall-handler.ts'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { FunctionsHost } from '../../../src/testing/functions/host.ts'

const FUNCTIONS = fileURLToPath(new URL('../../support/convex', import.meta.url))
const VARIABLES = {
  SITE_URL: 'http://localhost:5173',
  CONVEX_SITE_URL: 'http://localhost:3211',
  BETTER_AUTH_SECRET: 'a-secret-of-at-least-32-characters',
}

describe('FunctionsHost.start', () => {
  it('runs Better Auth and its component without the globals of Node', async () => {
    const start = performance.now()
    const host = await FunctionsHost.start(FUNCTIONS, { variables: VARIABLES })
    onTestFinished(() => host.dispose())
    // Not asserted, since the time depends on the machine.
    process.stdout.write(`Started in ${Math.round(performance.now() - start)} ms\n`)

    expect(host.description.components.map(({ path }) => path)).toContain('betterAuth')
    const lines: LogLine[] = []
    const created: string[] = []
    // An empty database that accepts every document.
    const syscall = async ({ operation, json }: Syscall) => {
      const { reference, args } = JSON.parse(json)
      if (operation !== '1.0/actions/mutation' || !reference.endsWith('/create'))
        return { ok: true as const, json: 'null' }
      created.push(args.input.model)
      return { ok: true as const, json: JSON.stringify({ ...args.input.data, _id: `id${created.length}`, _creationTime: 1 }) }
    }
    const data = JSON.stringify({ email: 'ada@example.com', password: 'correct horse', name: 'Ada' })
    const { result } = host.invoke({
      kind: 'httpAction',
      component: '',
      routePath: '/api/auth/sign-up/email',
      request: {
        url: 'http://localhost:3211/api/auth/sign-up/email',
        method: 'POST',
        headers: [['content-type', 'application/json'], ['origin', 'http://localhost:5173']],
        body: new Blob([data]).stream(),
      },
      requestId: 'request',
      now: Date.now(),
      seed: 1,
    }, { syscall, syncSyscall: () => ({ ok: true, json: 'null' }), onLog: line => lines.push(line) })

    const { outcome } = await result
    expect(outcome).toMatchObject({ status: 'responded', response: { status: 200 } })
    expect(created).toEqual(['user', 'account', 'session'])
    expect(lines).toEqual([])
  })
})
