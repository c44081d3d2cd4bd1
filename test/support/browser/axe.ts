import type { Page } from 'playwright-core'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Violation { id: string, nodes: { target: unknown[] }[] }

/**
 * The accessibility rules of axe that a page violates, each with the elements that violate it.
 *
 * @param page The page.
 * @param part A selector of the elements that are checked, with all elements in them.
 */
export async function findViolations(page: Page, part = 'html'): Promise<string[]> {
  await page.evaluate(source)
  const violations = await page.evaluate(
    async part => (await (globalThis as any).axe.run(part)).violations as Violation[],
    part,
  )
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
}

/**
 * The accessibility rules of axe that a page violates on a narrow or on a wide screen, with light or with dark colors, and
 * whether users must scroll the page to the side. The page then has its last look: a wide screen with dark colors.
 */
export async function findViolationsOfEachLook(page: Page): Promise<string[]> {
  const found: string[] = []
  // Without transitions, so that axe never sees a color between two others.
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync('*, *::before, *::after { transition: none !important; animation: none !important }')
    document.adoptedStyleSheets.push(sheet)
  })
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 800 })
    // The client width does not contain the scroll bar at the side.
    const { scrollWidth, clientWidth } = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement
      return { scrollWidth, clientWidth }
    })
    if (scrollWidth > clientWidth)
      found.push(`${width} px: the page has a width of ${scrollWidth} px, of which ${clientWidth} px are visible`)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const violations = await findViolations(page)
      found.push(...violations.map(violation => `${width} px, ${colorScheme}: ${violation}`))
    }
  }
  return found
}
