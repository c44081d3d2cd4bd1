import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { api } from '../../playground/convex/_generated/api.js'
import { person, usePlayground } from '../support/browser/playground.ts'
import { eventually } from '../support/environment/eventually.ts'

const fixture = usePlayground()

describe('a list of many pages', () => {
  /** The birds in a user's list, as the deployment returns them. */
  async function birdsOf(userId: string): Promise<string[]> {
    const paginationOpts = { cursor: null, numItems: 1000 }
    const { page } = await fixture.playground.deployment!.query(api.sightings.page, { place: 'all', paginationOpts }, { identity: { subject: userId } })
    return page.map(({ bird }) => bird)
  }

  const birdsOn = (page: Page): Promise<string[]> => page.locator('main .bird').allTextContents()

  it('remains complete over six pages while a second window adds and removes rows', async () => {
    const profile = await fixture.openProfile()
    const userId = await fixture.signUp(profile, person('Ada'))
    const { page: first, frames } = await fixture.openWindow(profile, '/pagination')
    await first.getByRole('button', { name: 'Fill the list' }).click()
    for (const rows of [20, 40, 60, 80, 100]) {
      await first.getByText(`${rows} rows loaded`).waitFor()
      await first.getByRole('button', { name: 'Load 20 more' }).click()
    }
    await first.getByText('120 rows loaded').waitFor()
    const { page: second } = await fixture.openWindow(profile, '/pagination')
    await second.getByText('20 rows loaded').waitFor()

    // Scrolling to the end of the list loads the next page, until the list is exhausted.
    await second.getByLabel('Load more as I scroll').check()
    await eventually(async () => {
      await second.getByLabel('Load more as I scroll').scrollIntoViewIfNeeded()
      return await second.getByText('240 rows loaded').isVisible()
    }).toBe(true)
    await second.getByText('Exhausted').waitFor()
    const [atTheTop, inTheMiddle, farBelow] = (await birdsOf(userId)).filter((_, index) => [3, 70, 200].includes(index))
    for (const bird of [atTheTop, inTheMiddle, farBelow])
      await second.getByRole('button', { name: `Remove ${bird}`, exact: true }).click()
    for (const bird of ['Hoopoe', 'Bittern']) {
      await second.getByRole('textbox', { name: 'Bird' }).fill(bird)
      await second.keyboard.press('Enter')
    }

    // The second window has added two rows, and removed two rows that the first window shows.
    await first.getByRole('listitem').filter({ hasText: 'Bittern' }).waitFor()
    await first.getByRole('button', { name: `Remove ${inTheMiddle}`, exact: true }).waitFor({ state: 'detached' })
    const all = await birdsOf(userId)
    expect(all.slice(0, 2)).toEqual(['Bittern', 'Hoopoe'])
    expect(all).toHaveLength(239)
    await eventually(() => birdsOn(first)).toEqual(all.slice(0, 120))
    await eventually(() => birdsOn(second)).toEqual(all)
    for (const { rows } of await frames())
      expect(new Set(rows).size).toBe(rows.length)
  })

  it('applies the filter of the URL, and shows an added row at once and never twice', async () => {
    const profile = await fixture.openProfile()
    const userId = await fixture.signUp(profile, person('Ada'))
    await fixture.playground.deployment!.mutation(api.sightings.seed, {}, { identity: { subject: userId } })
    const { page, frames } = await fixture.openWindow(profile, '/pagination?filter=wood')
    await page.getByText('20 rows loaded').waitFor()
    expect(new Set(await page.locator('main .place').allTextContents())).toEqual(new Set(['wood']))

    await page.getByLabel('Offline').check()
    await page.getByLabel('Place').selectOption('wood')
    await page.getByRole('textbox', { name: 'Bird' }).fill('Woodcock')
    await page.keyboard.press('Enter')

    const added = page.getByRole('listitem').filter({ hasText: 'Woodcock' })
    await added.getByText('on its way').waitFor()
    expect((await birdsOn(page))[0]).toBe('Woodcock')
    expect(await birdsOf(userId)).not.toContain('Woodcock')
    await page.getByLabel('Fast').check()
    await added.getByText('wood', { exact: true }).waitFor()
    expect((await birdsOf(userId)).filter(bird => bird === 'Woodcock')).toHaveLength(1)
    const shown = (await frames()).map(({ rows }) => rows.filter(row => row.includes('Woodcock')).length)
    // From its first frame on, the row is shown exactly once.
    expect(shown.slice(shown.indexOf(1))).not.toContainEqual(expect.not.toSatisfy(count => count === 1))
  })
})

describe('removing rows with the keyboard', () => {
  it('moves the focus to the next row', async () => {
    const profile = await fixture.openProfile()
    const userId = await fixture.signUp(profile, person('Ada'))
    for (const bird of ['Rook', 'Jay', 'Raven'])
      await fixture.playground.deployment!.mutation(api.sightings.add, { bird, place: 'wood' }, { identity: { subject: userId } })
    const { page } = await fixture.openWindow(profile, '/pagination')

    await page.getByRole('button', { name: 'Remove Raven' }).focus()
    await page.keyboard.press('Enter')
    await page.getByText('2 rows loaded').waitFor()
    await page.keyboard.press('Enter')
    await page.getByText('1 row loaded').waitFor()
    await page.getByRole('button', { name: 'Remove Rook' }).waitFor()
  })
})

describe('a search while the user types', () => {
  it('shows previous results only as stale results', async () => {
    const { page } = await fixture.openWindow(await fixture.openProfile(), '/queries')
    await page.getByText('paused by args').waitFor()
    await page.evaluate(recordSearch)
    await page.getByLabel('Name of a bird').fill('tit')
    await page.getByText('success: 5 birds').waitFor()
    await page.getByLabel('Offline').check()
    await page.getByLabel('Name of a bird').fill('owl')
    await page.getByText('pending, isStale, offline: 5 birds').waitFor()
    await page.getByLabel('Fast').check()
    await page.getByText('success: 4 birds').waitFor()
    await page.getByLabel('Name of a bird').fill('')
    await page.getByText('paused by args').waitFor()

    const searches = await page.evaluate(() => (globalThis as unknown as { recordedSearches: Search[] }).recordedSearches)
    const misleading = searches.filter(({ text, isStale, birds }) => !isStale && birds.some(bird => !text || !bird.toLowerCase().includes(text)))
    expect(misleading).toEqual([])
    expect(searches).toContainEqual({ text: 'owl', isStale: true, birds: expect.arrayContaining(['Blue tit']) })
    expect(searches).toContainEqual({ text: 'owl', isStale: false, birds: expect.arrayContaining(['Barn owl']) })
  })

  it('prefetches the data of a page when the pointer hovers over the link to the page', async () => {
    const { page, received } = await fixture.openWindow(await fixture.openProfile(), '/queries')
    await page.getByLabel('Name of a bird').fill('barn')
    const link = page.getByRole('link', { name: 'Barn owl' })
    await link.waitFor()
    const before = received.length

    await link.hover()
    await eventually(() => received.length).toBeGreaterThan(before)
    await link.click()

    await page.getByText('yes, it was there before this page').waitFor()
    expect(await page.getByText('34 cm').isVisible()).toBe(true)
  })
})

describe('a record of queries', () => {
  it('shows one result for each ticked bird', async () => {
    const { page } = await fixture.openWindow(await fixture.openProfile(), '/queries')
    const compared = page.getByRole('region', { name: 'As many queries as you tick' })
    await compared.getByText('62 cm').waitFor()

    await compared.getByLabel('Jackdaw').check()
    await compared.getByText('33 cm').waitFor()
    await compared.getByLabel('Raven').uncheck()
    await compared.getByText('62 cm').waitFor({ state: 'detached' })
    expect(await compared.getByRole('definition').allTextContents()).toEqual([expect.stringContaining('12 cm'), expect.stringContaining('33 cm')])
  })
})

describe('queries of a user', () => {
  it('are live or run once, and share one subscription between components', async () => {
    const profile = await fixture.openProfile()
    await fixture.signUp(profile, person('Ada'))
    const { page } = await fixture.openWindow(profile, '/queries')
    await page.getByRole('row', { name: 'once 0 0 0' }).waitFor()

    await page.getByRole('button', { name: 'See a robin' }).click()
    await page.getByRole('row', { name: 'live 1 0 0' }).waitFor()
    await page.getByText('You have seen 1 bird in all').waitFor()
    expect(await page.getByRole('row', { name: 'once 0 0 0' }).isVisible()).toBe(true)
    await page.getByRole('button', { name: 'Refresh the second row' }).click()
    await page.getByRole('row', { name: 'once 1 0 0' }).waitFor()

    const { deployment } = fixture.playground
    await deployment!.settled()
    const asked = deployment!.connections.flatMap(({ queries }) => queries).map(({ name }) => name)
    expect(asked.filter(name => name === 'sightings:tally')).toHaveLength(1)
  })

  it('show no data after a revoked permission, except with keepDataOnError', async () => {
    const profile = await fixture.openProfile()
    await fixture.signUp(profile, person('Ada'))
    const { page, expectProblem } = await fixture.openWindow(profile, '/queries')
    expectProblem(/diary:read/)
    const secret = 'The nest is in the third willow'
    const [safe, kept] = ['The default', 'keepDataOnError'].map(name => page.getByRole('region', { name, exact: true }))
    await safe!.getByText(secret).waitFor()
    await kept!.getByText(secret).waitFor()

    await page.getByRole('button', { name: 'Revoke access' }).click()

    await safe!.getByRole('alert').getByText('You may not read this diary any more.').waitFor()
    expect(await safe!.getByText(secret).count()).toBe(0)
    expect(await kept!.getByRole('alert').isVisible()).toBe(true)
    expect(await kept!.getByText(secret).getAttribute('aria-busy')).toBe('true')
    await page.getByRole('button', { name: 'Grant access again' }).click()
    await safe!.getByText(secret).waitFor()
  })
})

/** The text of a search, and the birds that the page shows as its result. */
interface Search {
  text: string
  isStale: boolean
  birds: string[]
}

/** Runs in the page: records the search and its result at every animation frame. */
function recordSearch(): void {
  const searches: Search[] = []
  Object.assign(globalThis, { recordedSearches: searches })
  const look = (): void => {
    const list = document.querySelector('ul[aria-label="Birds"]')
    const search: Search = {
      text: document.querySelector<HTMLInputElement>('input[type=search]')!.value,
      isStale: list?.getAttribute('aria-busy') === 'true',
      birds: Array.from(list?.querySelectorAll('a') ?? [], link => link.textContent.trim()),
    }
    if (JSON.stringify(search) !== JSON.stringify(searches.at(-1)))
      searches.push(search)
    requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
}
