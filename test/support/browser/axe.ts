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
