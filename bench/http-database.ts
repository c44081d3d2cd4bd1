import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { betterAuth } from 'better-auth'
import { convexDatabase } from '../src/convex/http-database/index.ts'
import { startDeployment } from '../src/testing/index.ts'

/**
 * How many requests Better Auth on the app's own server sends to the deployment, with and without the JWE cookie cache:
 * `node bench/http-database.ts`. It fails if a page view with the cookie cache sends a request.
 */
const ROUNDS = 30
const WARM_UP = 5
const STEPS = ['sign-up', 'sign-in', 'get-session', 'sign-out'] as const
const SECRET = 'a secret that only this benchmark uses, and nothing else'.replaceAll(' ', '-')
const PASSWORD = 'correct horse battery'

type Step = typeof STEPS[number]

/** The measurements of one step, one for each round. */
interface Cost { requests: number, statements: number, time: number }

const SUBJECTS = [
  { name: 'without the cookie cache', cookieCache: { enabled: false } },
  { name: 'with the JWE cookie cache', cookieCache: { enabled: true, strategy: 'jwe' as const, maxAge: 300 } },
]

const functions = fileURLToPath(new URL('./auth-database/convex', import.meta.url))
const deployment = await startDeployment({ functions, env: { AUTH_DATABASE_SECRET: SECRET } })
try {
  let counted = { requests: 0, statements: 0 }
  const database = convexDatabase({
    siteUrl: deployment.siteUrl,
    secret: SECRET,
    fetch: async (url, init) => {
      counted.requests++
      counted.statements += JSON.parse(String(init.body)).statements.length
      return await fetch(url, init)
    },
  })
  const subjects = SUBJECTS.map(({ name, cookieCache }) => ({ name, auth: createAuth(cookieCache), costs: new Map<Step, Cost[]>() }))

  // The subjects run one after another in each round, so that the noise of the machine affects all of them equally.
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    for (const [number, { auth, costs }] of subjects.entries()) {
      let cookies: string[] = []
      for (const step of STEPS) {
        counted = { requests: 0, statements: 0 }
        const begin = performance.now()
        cookies = await runStep(auth, step, `user${round}-${number}@example.com`, cookies)
        if (round >= WARM_UP)
          costs.set(step, [...costs.get(step) ?? [], { ...counted, time: performance.now() - begin }])
      }
    }
  }

  const [floor] = subjects
  console.table(Object.fromEntries(subjects.flatMap(({ name, costs }) => STEPS.map(step => [`${step}, ${name}`, {
    'requests': median(costs.get(step)!, 'requests'),
    'statements': median(costs.get(step)!, 'statements'),
    'median ms': median(costs.get(step)!, 'time').toFixed(2),
    '× without the cache': (median(costs.get(step)!, 'time') / median(floor!.costs.get(step)!, 'time')).toFixed(2),
  }]))))
  if (median(subjects[1]!.costs.get('get-session')!, 'requests') > 0) {
    console.error('A page view with the cookie cache sends a request.')
    process.exitCode = 1
  }

  function createAuth(cookieCache: object) {
    return betterAuth({
      baseURL: 'http://localhost:3000',
      secret: SECRET,
      database,
      // The hash of a password would take most of the time.
      emailAndPassword: { enabled: true, password: { hash: async password => password, verify: async () => true } },
      session: { cookieCache },
      rateLimit: { enabled: false },
      telemetry: { enabled: false },
    })
  }
}
finally {
  await deployment.close()
}

/** Sends one request of a browser to Better Auth. Returns the cookies that the browser then has. */
async function runStep(
  { handler }: { handler: (request: Request) => Promise<Response> },
  step: Step,
  email: string,
  cookies: string[],
): Promise<string[]> {
  const paths: Record<Step, string> = { 'sign-up': 'sign-up/email', 'sign-in': 'sign-in/email', 'get-session': 'get-session', 'sign-out': 'sign-out' }
  const isRead = step === 'get-session'
  const response = await handler(new Request(`http://localhost:3000/api/auth/${paths[step]}`, {
    method: isRead ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json', 'origin': 'http://localhost:3000', 'cookie': step === 'sign-in' ? '' : cookies.join('; ') },
    ...isRead ? {} : { body: JSON.stringify({ name: 'Ada', email, password: PASSWORD }) },
  }))
  const text = await response.text()
  if (!response.ok || (isRead && !text.includes(email)))
    throw new Error(`${step} was answered with ${response.status}: ${text}`)
  const next = response.headers.getSetCookie().map(line => line.split(';')[0]!)
  return next.length > 0 ? next : cookies
}

function median(costs: Cost[], key: keyof Cost): number {
  const sorted = costs.map(cost => cost[key]).toSorted((left, right) => left - right)
  return sorted[Math.floor(sorted.length / 2)]!
}
