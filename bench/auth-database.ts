import type { Deployment } from '../src/testing/index.ts'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { anyApi } from 'convex/server'
import { startDeployment } from '../src/testing/index.ts'

/**
 * How long Better Auth takes on the app's own tables, compared with a component, whose statements
 * are nested calls: `node bench/auth-database.ts`. It fails if a mutation is not faster with the
 * app's own tables.
 */
const ROUNDS = 100
const WARM_UP = 20
const STEPS = ['sign-in', 'get-session'] as const

/** The compared set-ups: where the tables are, and which kind of function calls Better Auth. */
const SUBJECTS = [
  { name: 'own tables, in a mutation', subject: 'direct', kind: 'mutation' },
  { name: 'component, in a mutation', subject: 'component', kind: 'mutation' },
  { name: 'own tables, in an action', subject: 'direct', kind: 'action' },
  { name: 'component, in an action', subject: 'component', kind: 'action' },
] as const

const { auth } = anyApi as any
const functions = fileURLToPath(new URL('./auth-database/convex', import.meta.url))
const deployment = await startDeployment({ functions })
try {
  const times = await measure(deployment)
  console.table(Object.fromEntries(SUBJECTS.map(({ name, kind }) => [name, Object.fromEntries(STEPS.flatMap((step) => {
    const own = median(times, `own tables, in ${kind === 'mutation' ? 'a mutation' : 'an action'}`, step)
    const value = median(times, name, step)
    return [[`${step} (median ms)`, value.toFixed(2)], [`${step}, × own tables`, (value / own).toFixed(2)]]
  }))])))
  const isSlower = STEPS.some(step => median(times, SUBJECTS[0].name, step) >= median(times, SUBJECTS[1].name, step))
  if (isSlower) {
    console.error('Too slow.')
    process.exitCode = 1
  }
}
finally {
  await deployment.close()
}

/**
 * The subjects run one after another in each round, so that the noise of the machine affects all of them equally.
 */
async function measure(deployment: Deployment): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>()
  const email = (subject: string): string => `${subject}@example.com`
  const call = (kind: 'mutation' | 'action', args: object): Promise<string | null> =>
    kind === 'mutation' ? deployment.mutation(auth.inMutation, args as never) : deployment.action(auth.inAction, args as never)
  for (const subject of ['direct', 'component'])
    await call('mutation', { subject, step: 'sign-up', email: email(subject) })

  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    for (const { name, subject, kind } of SUBJECTS) {
      let cookie: string | null = null
      for (const step of STEPS) {
        const begin = performance.now()
        const result: string | null = await call(kind, { subject, step, email: email(subject), ...cookie === null ? {} : { cookie } })
        const time = performance.now() - begin
        cookie ??= result
        if (round >= WARM_UP)
          times.set(`${name} ${step}`, [...times.get(`${name} ${step}`) ?? [], time])
      }
    }
  }
  return times
}

function median(times: Map<string, number[]>, name: string, step: string): number {
  const sorted = times.get(`${name} ${step}`)!.toSorted((left, right) => left - right)
  return sorted[Math.floor(sorted.length / 2)]!
}
