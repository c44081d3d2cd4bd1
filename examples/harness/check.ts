/** What the `check.ts` of an example receives, and helpers for it. */
import type { Page } from 'playwright-core'

export interface CheckContext {
  /** A page of the app, loaded. */
  page: Page
  /** The app's origin. */
  url: string
  /** The folder in which the example is installed. */
  folder: string
  /** Opens a blank page in another browser, which has no cookies and no storage of other pages. */
  open: () => Promise<Page>
  /** Allows messages on the consoles of the pages, which are errors otherwise. */
  allow: (message: RegExp) => void
  /** Everything that the program of `npm run dev` has printed. */
  output: () => string
  /** The first group of a pattern that the program has printed, or will print. */
  printed: (pattern: RegExp) => Promise<string>
}

/**
 * Uses an example in a browser. Rejects if the example does not do what its README says. After the
 * check, the example fails if a page has an error, a message on its console, or a violation of the
 * rules for accessibility.
 */
export type Check = (context: CheckContext) => Promise<void>

/** Waits until a visible element of the page has this text. */
export async function shows(page: Page, text: string): Promise<void> {
  await page.getByText(text).first().waitFor()
}

/** Waits until no visible element of the page has this text. */
export async function hides(page: Page, text: string): Promise<void> {
  await page.getByText(text).first().waitFor({ state: 'hidden' })
}

/** Fills the fields with these labels, and presses the button. */
export async function submit(page: Page, fields: Record<string, string>, button: string): Promise<void> {
  for (const [label, value] of Object.entries(fields))
    await page.getByLabel(label, { exact: true }).fill(value)
  await page.getByRole('button', { name: button, exact: true }).click()
}

/**
 * Observes each later load of the page. The result says whether the page has shown the text since
 * it was last loaded, even if only for a moment.
 */
export async function observe(page: Page, text: string): Promise<() => Promise<boolean>> {
  const key = `has shown ${text}`
  await page.addInitScript(([text, key]) => {
    const state = globalThis as any
    new MutationObserver(() => {
      state[key!] ||= document.body?.innerText.includes(text!) ?? false
    }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true })
  }, [text, key])
  return () => page.evaluate(key => Boolean((globalThis as any)[key]), key)
}
