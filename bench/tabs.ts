import type { Browser } from 'playwright-core'
import type { SharedTabsApp } from '../test/browser/shared-tabs/start.ts'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startSharedTabs } from '../test/browser/shared-tabs/start.ts'
import { launchBrowser } from '../test/support/browser/browser.ts'
import { api } from '../test/support/convex/_generated/api.js'
import { printTables } from './tables.ts'

/**
 * Counts what ten tabs of one page cost the deployment, with a connection for each tab and with
 * `convue/tabs`: `node bench/tabs.ts`. Takes two to three minutes, since the tabs renew their tokens.
 *
 * - `--tabs 10` is the number of tabs
 * - `--markdown` prints the table for `bench/README.md`
 */
const { values: options } = parseArgs({
  options: {
    tabs: { type: 'string', default: '10' },
    markdown: { type: 'boolean', default: false },
  },
})

/** The lifetime of a token in seconds, which the tabs renew after {@link RENEWAL_MS}. */
const LIFETIME_SECONDS = 60
const RENEWAL_MS = 48_000

interface Costs {
  sockets: number
  /** Token requests until all tabs show the data. */
  tokenRequests: number
  /** Further token requests while all tabs renew their tokens once. */
  tokenRequestsOfRenewal: number
  authentications: number
  /** Executions of the query when the tabs have opened. */
  executions: number
  /** Further executions after one mutation. */
  executionsAfterWrite: number
}

async function measure(app: SharedTabsApp, browser: Browser, search: string, tabs: number): Promise<Costs> {
  const { deployment, url } = app
  const profile = await browser.newContext({ baseURL: url })
  profile.setDefaultTimeout(120_000)
  const data = { name: 'Ada', email: `ada-${search.length}@example.com`, password: 'correct horse battery' }
  const response = await profile.request.post('/api/auth/sign-up/email', { data, headers: { origin: url } })
  const { user } = await response.json()
  const identity = { subject: user.id }
  await deployment.mutation(api.tasks.add, { text: 'First' }, { identity })

  const start = deployment.log.length
  const countOf = (name: string): number => deployment.log.slice(start).filter(entry => entry.name === name).length
  let tokenRequests = 0
  const pages = await Promise.all(Array.from({ length: tabs }, async () => {
    const page = await profile.newPage()
    page.on('request', request => request.url().endsWith('/convex/token') && tokenRequests++)
    await page.goto(`/${search}`)
    await page.getByText('First').waitFor()
    return page
  }))
  const sockets = deployment.connections.length
  const executions = countOf('tasks:list')
  await deployment.mutation(api.tasks.add, { text: 'Second' }, { identity })
  for (const page of pages)
    await page.getByText('Second').waitFor()
  const executionsAfterWrite = countOf('tasks:list') - executions
  const costs = { sockets, tokenRequests, authentications: countOf('authenticate'), executions, executionsAfterWrite }
  // The tab that has opened last renews its token last.
  await setTimeout(RENEWAL_MS + 2000)
  const tokenRequestsOfRenewal = tokenRequests - costs.tokenRequests
  await profile.close()
  return { ...costs, tokenRequestsOfRenewal }
}

const [app, browser] = await Promise.all([startSharedTabs({ JWT_SECONDS: String(LIFETIME_SECONDS) }), launchBrowser()])
try {
  const count = Number(options.tabs)
  const own = await measure(app, browser, '?own', count)
  const shared = await measure(app, browser, '', count)
  const row = (name: string, of: keyof Costs): string[] => [name, String(own[of]), String(shared[of])]
  printTables([{
    title: `${count} tabs of one user, with one query`,
    head: ['', 'a socket for each tab', 'convue/tabs'],
    rows: [
      row('sockets', 'sockets'),
      row('token requests at the start', 'tokenRequests'),
      row('token requests of a renewal', 'tokenRequestsOfRenewal'),
      row('`Authenticate` messages', 'authentications'),
      row('executions of the query at the start', 'executions'),
      row('executions after one write', 'executionsAfterWrite'),
    ],
  }], options.markdown)
}
finally {
  await browser.close()
  await app.close()
}
