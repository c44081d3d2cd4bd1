import type { Locator, Page } from 'playwright-core'
import type { Window } from '../support/browser/playground.ts'
import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { api } from '../../playground/convex/_generated/api.js'
import { person, usePlayground } from '../support/browser/playground.ts'
import { png } from '../support/browser/png.ts'
import { eventually } from '../support/environment/eventually.ts'

const fixture = usePlayground()

/** Clicks, and returns an attribute in the next animation frame. */
function clickAndLook(button: Locator, attribute: string): Promise<string | null> {
  return button.evaluate((element, attribute) => new Promise((resolve) => {
    requestAnimationFrame(() => resolve(element.getAttribute(attribute)))
    ;(element as HTMLElement).click()
  }), attribute)
}

describe('an optimistic update', () => {
  /** The page of a user who has six songs and likes the first three. */
  async function openSongs(): Promise<Window & { userId: string }> {
    const profile = await fixture.openProfile()
    const userId = await fixture.signUp(profile, person('Ada'))
    const { deployment } = fixture.playground
    const identity = { subject: userId }
    await deployment!.mutation(api.songs.seed, {}, { identity })
    const songs = await deployment!.query(api.songs.list, {}, { identity })
    for (const { _id } of songs.slice(0, 3))
      await deployment!.mutation(api.songs.like, { id: _id, isLiked: true }, { identity })
    const window = await fixture.openWindow(profile, '/optimistic')
    await window.page.getByRole('button', { name: 'Like Last light' }).waitFor()
    return { ...window, userId }
  }

  const titlesOn = (page: Page): Promise<string[]> =>
    page.getByRole('textbox').evaluateAll(inputs => inputs.map(input => (input as HTMLInputElement).value))

  it('is shown within a frame, sent once the page is online, and rolled back only if refused', async () => {
    const { page, userId, expectProblem } = await openSongs()
    const { deployment } = fixture.playground
    expectProblem(/songs:like/)
    const like = page.getByRole('button', { name: 'Like Last light' })
    await page.getByLabel('Offline').check()

    expect(await clickAndLook(like, 'aria-pressed')).toBe('true')
    await page.getByRole('button', { name: 'Move Last light up' }).click()

    expect((await titlesOn(page)).slice(-2)).toEqual(['Last light', 'Small hours'])
    const states = page.getByRole('region', { name: 'The latest call of each mutation' })
    expect(await states.getByText('pending, isQueued').count()).toBe(2)
    await deployment!.settled()
    const runs = () => deployment!.log.filter(({ subject, connection, kind }) => subject === userId && connection !== null && kind === 'mutation')
    expect(runs()).toEqual([])

    await page.getByLabel('Fast').check()
    await page.getByText('refused: You can like 3 songs, not more.').waitFor()
    await states.getByText('success').waitFor()
    expect(await like.getAttribute('aria-pressed')).toBe('false')
    expect((await titlesOn(page)).slice(-2)).toEqual(['Last light', 'Small hours'])
    await deployment!.settled()
    expect(runs().map(({ name, outcome }) => `${name} ${outcome}`)).toEqual(['songs:like error', 'songs:move success'])
  })

  it('is shown while the mutation is pending', async () => {
    const { page } = await openSongs()
    await page.getByLabel('Slow').check()
    const like = page.getByRole('button', { name: 'Like Morning train' })
    expect(await clickAndLook(like, 'aria-pressed')).toBe('false')

    const states = page.getByRole('region', { name: 'The latest call of each mutation' })
    await states.getByText('pending', { exact: true }).waitFor()
    // The delayed messages arrive.
    await page.getByLabel('Fast').check()
    await states.getByText('success').waitFor()
    expect(await like.getAttribute('aria-pressed')).toBe('false')
  })

  it('is not shown to the next user', async () => {
    const { page } = await openSongs()
    await page.getByRole('button', { name: 'Like Morning train' }).click()
    await page.getByText('Unlike Morning train').waitFor()

    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Continue as demo user' }).click()

    await page.getByText('You have no songs yet').waitFor()
    expect(await page.getByText('Nothing was written yet').isVisible()).toBe(true)
  })

  it('works with the keyboard, and the focus remains on the moved song', async () => {
    const { page, expectProblem } = await openSongs()
    expectProblem(/songs:rename/)
    const title = page.getByRole('textbox', { name: 'Title of Rain on tin' })
    await title.focus()
    await page.keyboard.press('ControlOrMeta+A')
    await page.keyboard.type('Last light')
    await page.keyboard.press('Enter')
    await page.getByText('refused: There is another "Last light" on the list.').waitFor()
    expect(await title.inputValue()).toBe('Rain on tin')

    // The second Tab skips the button that moves the song up.
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    expect((await titlesOn(page)).at(-1)).toBe('Rain on tin')
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    expect((await titlesOn(page)).at(3)).toBe('Rain on tin')
    await page.getByRole('region', { name: 'Your calls' }).getByText('done').nth(3).waitFor()
    expect((await titlesOn(page)).at(3)).toBe('Rain on tin')
  })
})

describe('an upload', () => {
  const picture = (name: string): { name: string, mimeType: string, buffer: Buffer } =>
    ({ name, mimeType: 'image/png', buffer: png(40, 30, [200, 90, 40]) })

  /** Drops files on the drop area of the page. */
  async function drop(page: Page, ...files: ReturnType<typeof picture>[]): Promise<void> {
    const dataTransfer = await page.evaluateHandle((files) => {
      const data = new DataTransfer()
      for (const { name, mimeType, bytes } of files)
        data.items.add(new File([new Uint8Array(bytes)], name, { type: mimeType }))
      return data
    }, files.map(({ buffer, ...file }) => ({ ...file, bytes: [...buffer] })))
    await page.getByText('drop them here').dispatchEvent('drop', { dataTransfer })
  }

  const isDrawn = (image: Locator): Promise<boolean> => image.evaluate(image => (image as HTMLImageElement).naturalWidth === 40)

  async function openUploads(): Promise<Window & { userId: string, choose: (...files: ReturnType<typeof picture>[]) => Promise<void> }> {
    const profile = await fixture.openProfile()
    const userId = await fixture.signUp(profile, person('Ada'))
    const window = await fixture.openWindow(profile, '/uploads')
    await window.page.getByText('No pictures yet').waitFor()
    return { ...window, userId, choose: (...files) => window.page.getByLabel('Choose pictures').setInputFiles(files) }
  }

  it('reaches 100 %, and its picture is shown in every window until it is removed', async () => {
    const { page, choose } = await openUploads()
    await choose(picture('first.png'))
    await page.getByText('1 file stored').waitFor()
    await page.getByRole('button', { name: 'Remove first.png' }).waitFor()
    await drop(page, picture('second.png'), picture('third.png'))
    await page.getByText('2 files stored').waitFor()
    const uploads = page.getByRole('region', { name: 'Uploads' }).getByRole('listitem')
    expect(await uploads.getByText('100 %, stored').count()).toBe(2)
    expect(await page.getByRole('progressbar').evaluateAll(bars => bars.map(bar => (bar as HTMLProgressElement).value))).toEqual([1, 1, 1])

    // Once the uploads are cleared, the page shows the stored pictures instead of the local files.
    await page.getByRole('button', { name: 'Clear' }).click()
    expect(await page.getByRole('button', { name: 'Remove' }).count()).toBe(3)
    const stored = page.getByRole('img', { name: 'first.png' })
    await eventually(() => stored.getAttribute('src')).toMatch(/^http/)
    await eventually(() => isDrawn(stored)).toBe(true)
    const { page: other } = await fixture.openWindow(page.context(), '/uploads')
    await eventually(() => isDrawn(other.getByRole('img', { name: 'first.png' }))).toBe(true)
    await page.getByRole('button', { name: 'Remove first.png' }).click()
    await other.getByText('first.png').waitFor({ state: 'detached' })
    expect(await other.getByRole('img', { name: 'second.png' }).isVisible()).toBe(true)
  })

  it('stores nothing if it is cancelled in progress, and other uploads continue', async () => {
    const { page, userId, choose } = await openUploads()
    const { deployment } = fixture.playground
    let isHeld = false
    // The request of the first file does not reach the deployment.
    await page.route(`${deployment!.url}/api/storage/upload**`, (route) => {
      if (isHeld)
        return route.continue()
      isHeld = true
    })
    await choose(picture('held.png'), picture('free.png'))
    const held = page.getByRole('listitem').filter({ hasText: 'held.png' })
    await page.getByRole('img', { name: 'free.png' }).waitFor()
    expect(await isDrawn(held.locator('img'))).toBe(true)
    await page.getByText('50 % of all bytes').waitFor()

    await page.getByRole('button', { name: 'Cancel held.png' }).click()

    await held.getByText('Cancelled').waitFor()
    await page.getByText('1 file stored').waitFor()
    const pictures = await deployment!.query(api.pictures.list, {}, { identity: { subject: userId } })
    expect(pictures.map(({ name }) => name)).toEqual(['free.png'])
  })

  it('is refused for a file that may not be stored, with the reason and without a request', async () => {
    const { page, userId, choose } = await openUploads()
    const refused = page.getByRole('region', { name: 'Uploads' }).getByRole('alert')
    await choose({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no picture') })
    await refused.getByText('Only PNG, JPEG, WebP and GIF pictures can be stored.').waitFor()
    await choose({ ...picture('large.png'), buffer: Buffer.alloc(5 * 1024 * 1024 + 1) })
    await refused.getByText('This file is larger than 5 MB.').waitFor()
    await choose(...Array.from({ length: 7 }, (_, index) => picture(`${index}.png`)))
    await page.getByRole('alert').getByText('Six files at a time are the limit.').waitFor()

    const { deployment } = fixture.playground
    await deployment!.settled()
    expect(deployment!.log.filter(({ kind, subject }) => kind === 'mutation' && subject === userId)).toEqual([])
  })
})
