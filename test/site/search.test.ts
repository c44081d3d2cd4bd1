/** The search of the built site in a browser, with the words of someone who does not know the names of this library. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser/browser.ts'
import { serveSite } from './built-site.ts'

/** What a reader looks for, the sections that answer it, and wordings of the question. */
const QUESTIONS: { topic: string, answers: string[], wordings: string[] }[] = [
  {
    topic: 'how to pause a query',
    answers: ['/reference/queries#pausing-a-query'],
    wordings: ['how to pause a query', 'skip a query', 'disable a query', 'conditional query', 'run a query only when an id is set'],
  },
  {
    topic: 'how to render a page for its user',
    answers: ['/guides/server-rendering#how-a-page-is-rendered-for-its-user', '/guides/server-rendering#server-rendering-ssr'],
    wordings: ['render a page for its user', 'server side rendering for the logged in user', 'SSR authenticated user', 'ssr'],
  },
  {
    topic: 'why a user was signed out',
    answers: ['/guides/signing-out-and-switching#why-a-user-was-signed-out', '/errors/SESSION_ENDED#session_ended'],
    wordings: ['why was a user signed out', 'user logged out unexpectedly', 'why am I logged out', 'unexpected logout', 'session expired'],
  },
  {
    topic: 'how to test a component',
    answers: ['/guides/testing-your-app#testing-a-component'],
    wordings: ['how to test a component', 'unit test a vue component', 'testing components with vitest', 'write tests for my app'],
  },
]

let site: Awaited<ReturnType<typeof serveSite>>
let browser: Browser

beforeAll(async () => {
  site = await serveSite()
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await site?.close()
})

/** Opens the search from the home page. */
async function openSearch(): Promise<Page> {
  const page = await browser.newPage({ baseURL: site.url })
  await page.goto('/')
  await page.getByRole('button', { name: 'Search' }).first().click()
  await page.getByRole('searchbox').waitFor()
  return page
}

/** The addresses of the first three results. */
async function firstResults(page: Page): Promise<string[]> {
  const links = await page.locator('#localsearch-list a').evaluateAll(links => links.map(link => link.getAttribute('href')!))
  return links.slice(0, 3)
}

describe('the search', () => {
  it.for(QUESTIONS)('finds $topic among the first three results, in each wording', async ({ answers, wordings }) => {
    const page = await openSearch()
    for (const wording of wordings) {
      await page.getByRole('searchbox').fill('')
      await page.locator('#localsearch-list a').first().waitFor({ state: 'detached' })
      await page.getByRole('searchbox').fill(wording)
      await page.locator('#localsearch-list a').first().waitFor()
      const results = await firstResults(page)
      expect(answers.some(answer => results.includes(answer)), `${wording}: ${results.join(', ')}`).toBe(true)
    }
    await page.close()
  })

  it('leads from the home page to the answer with two clicks', async () => {
    const page = await openSearch()
    await page.getByRole('searchbox').fill('how do I pause a query?')
    await page.locator('#localsearch-list a').first().click()
    await page.waitForURL('**/reference/queries#pausing-a-query')
    await page.getByRole('heading', { name: 'Pausing a query' }).waitFor()
    await page.close()
  })

  it('finds a code of an error, and a word with a mistake', async () => {
    const page = await openSearch()
    await page.getByRole('searchbox').fill('PLUGIN_MISSING')
    await page.locator('#localsearch-list a').first().waitFor()
    expect((await firstResults(page)).join()).toContain('PLUGIN_MISSING')
    await page.getByRole('searchbox').fill('')
    await page.locator('#localsearch-list a').first().waitFor({ state: 'detached' })
    await page.getByRole('searchbox').fill('optimistc updates')
    await page.locator('#localsearch-list a').first().waitFor()
    expect((await firstResults(page)).join()).toContain('/guides/optimistic-updates')
    await page.close()
  })
})
