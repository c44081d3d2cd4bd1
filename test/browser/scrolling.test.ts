import type { Locator, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { api } from '../../playground/convex/_generated/api.js'
import { person, usePlayground } from '../support/browser/playground.ts'
import { eventually } from '../support/environment/eventually.ts'

const fixture = usePlayground()

/** Opens the page of a user with 240 sightings and 80 messages, and records which pages of the lists it requests. */
async function openScrolling() {
  const profile = await fixture.openProfile({ width: 1280, height: 900 })
  const identity = { subject: await fixture.signUp(profile, person('Ada')) }
  const deployment = fixture.playground.deployment!
  await deployment.mutation(api.sightings.seed, {}, { identity })
  await deployment.mutation(api.chat.begin, {}, { identity })
  const page = await profile.newPage()
  const requested: Record<string, (string | null)[]> = {}
  /** The messages of the deployment that have not reached the page yet, while they are held back. */
  let held: (() => void)[] | undefined
  await page.routeWebSocket(/\/sync$/, (socket) => {
    const server = socket.connectToServer()
    socket.onMessage((message) => {
      for (const { type, udfPath, args } of JSON.parse(String(message)).modifications ?? []) {
        if (type === 'Add' && args[0].paginationOpts)
          (requested[udfPath] ??= []).push(args[0].paginationOpts.cursor)
      }
      server.send(message)
    })
    server.onMessage((message) => {
      if (held)
        held.push(() => socket.send(message))
      else
        socket.send(message)
    })
  })
  await page.goto('/scrolling')
  return {
    page,
    requested,
    hold: () => void (held = []),
    release() {
      const messages = held ?? []
      held = undefined
      messages.forEach(send => send())
    },
    answer: () => deployment.mutation(api.chat.answer, {}, { identity }),
  }
}

function scrollTo(box: Locator, top: number): Promise<void> {
  return box.evaluate((element, top) => void (element.scrollTop = top < 0 ? element.scrollHeight : top), top)
}

/** The distance of a row from the top of its box, in pixels. */
async function placeOf(box: Locator, text: string): Promise<number> {
  const [outer, row] = await Promise.all([box.boundingBox(), box.getByText(text, { exact: true }).boundingBox()])
  return Math.round(row!.y - outer!.y)
}

/** The distance of the visible part of a box from its end, in pixels. */
function restOf(box: Locator): Promise<number> {
  return box.evaluate(({ scrollHeight, scrollTop, clientHeight }) => Math.round(scrollHeight - scrollTop - clientHeight))
}

/** Waits until the page has shown its current state. */
async function waitForFrames(page: Page): Promise<void> {
  await page.evaluate(() => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve))))
}

describe('a list that loads while the user scrolls', () => {
  it('requests each page once, before its end is reached, and stops at the end', async () => {
    const { page, requested } = await openScrolling()
    const box = page.getByRole('region', { name: 'Sightings' })
    await page.getByText('20 rows loaded').waitFor()
    expect(requested['sightings:page']).toHaveLength(1)

    // A place that is more than 200 pixels above the end does not load the next page.
    await scrollTo(box, 100)
    await waitForFrames(page)
    expect(await restOf(box)).toBeGreaterThan(200)
    expect(requested['sightings:page']).toHaveLength(1)

    const end = await restOf(box)
    await scrollTo(box, 100 + end - 150)
    for (let rows = 40; rows <= 240; rows += 20) {
      await page.getByText(`${rows} rows loaded`).waitFor()
      expect(requested['sightings:page']).toHaveLength(rows / 20)
      await scrollTo(box, -1)
    }
    await box.getByText('That is all.').waitFor()
    await scrollTo(box, 0)
    await scrollTo(box, -1)
    await waitForFrames(page)
    // 240 rows are twelve pages; the last page knows that it is the last.
    const cursors = requested['sightings:page']!
    expect(new Set(cursors).size).toBe(cursors.length)
    expect(cursors.length).toBeLessThanOrEqual(13)
    expect(await box.getByRole('listitem').count()).toBe(240)
  })

  it('requests no further page while a page is being loaded', async () => {
    const { page, requested, hold, release } = await openScrolling()
    const box = page.getByRole('region', { name: 'Sightings' })
    await page.getByText('20 rows loaded').waitFor()
    hold()
    await scrollTo(box, -1)
    await box.getByText('Loading…').waitFor()
    for (let times = 0; times < 20; times++) {
      await scrollTo(box, 0)
      await waitForFrames(page)
      await scrollTo(box, -1)
      await waitForFrames(page)
    }
    expect(requested['sightings:page']).toHaveLength(2)
    await scrollTo(box, 0)
    release()
    await page.getByText('40 rows loaded').waitFor()
    await waitForFrames(page)
    expect(requested['sightings:page']).toHaveLength(2)
  })
})

describe('a conversation', () => {
  it('begins at the latest message, and keeps the visible rows in place while older pages arrive', async () => {
    const { page, requested } = await openScrolling()
    const box = page.getByRole('region', { name: 'Messages' })
    await box.getByText('This is message 80.').waitFor()
    await waitForFrames(page)
    expect(await restOf(box)).toBe(0)
    expect(requested['chat:page']).toHaveLength(1)

    for (const [oldest, older] of [[61, 41], [41, 21], [21, 1]]) {
      const row = `This is message ${oldest! + 3}.`
      await scrollTo(box, 150)
      const before = await placeOf(box, row)
      await box.getByText(`This is message ${older}.`, { exact: true }).waitFor({ state: 'attached' })
      await waitForFrames(page)
      expect(Math.abs(await placeOf(box, row) - before)).toBeLessThanOrEqual(1)
    }
    await scrollTo(box, 0)
    await box.getByText('The conversation begins here.').waitFor()
    await waitForFrames(page)
    const cursors = requested['chat:page']!
    expect(new Set(cursors).size).toBe(cursors.length)
    expect(await box.getByRole('listitem').count()).toBe(80)
  })

  it('follows new messages at its end, and keeps its place above', async () => {
    const { page, answer } = await openScrolling()
    const box = page.getByRole('region', { name: 'Messages' })
    await box.getByText('This is message 80.').waitFor()
    await answer()
    await eventually(() => box.getByRole('listitem').last().textContent()).toContain('centimetres long')
    await eventually(() => restOf(box)).toBe(0)

    await scrollTo(box, await box.evaluate(element => element.scrollHeight - element.clientHeight - 300))
    const before = await placeOf(box, 'This is message 76.')
    const count = await box.getByRole('listitem').count()
    await answer()
    await eventually(() => box.getByRole('listitem').count()).toBe(count + 1)
    await waitForFrames(page)
    expect(await placeOf(box, 'This is message 76.')).toBe(before)
    expect(await restOf(box)).toBeGreaterThan(300)

    await page.getByRole('button', { name: 'To the latest message' }).click()
    await eventually(() => restOf(box)).toBe(0)
    await scrollTo(box, 400)
    await page.getByLabel('Message', { exact: true }).fill('Hello, birds')
    await page.keyboard.press('Enter')
    await box.getByText('Hello, birds').waitFor()
    await eventually(() => restOf(box)).toBe(0)
  })
})
