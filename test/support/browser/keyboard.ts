/** Walks through a page with the key Tab, as a user without a mouse does. */
import type { Locator, Page } from 'playwright-core'

/** A link or control of a page that has received the focus. */
interface Stop {
  name: string
  isVisible: boolean
  /** Whether its outline or shadow, or that of its label, differs from the time without the focus. */
  showsFocus: boolean
}

/** The links and controls of a page, and the walk through them. */
export interface Walk {
  /** The names of the links and controls that Tab should reach, from the top to the bottom of the page. */
  expected: string[]
  /** Those that Tab has reached, in this order. */
  reached: string[]
  /** Those that do not show their focus, or that users do not see. */
  hidden: string[]
  /** Pairs of which the second one is left of or above the first one. */
  backwards: string[]
}

/** More than any page of the playground has. */
const MOST_STOPS = 150

/** Presses Tab until the focus leaves the page. */
export async function walkWithTab(page: Page): Promise<Walk> {
  await page.evaluate(noteControls)
  const stops: Stop[] = []
  while (stops.length < MOST_STOPS) {
    await page.keyboard.press('Tab')
    const stop = await page.evaluate(focusedStop)
    if (stop === null)
      break
    stops.push(stop)
  }
  const expected = await page.evaluate(() => [...(globalThis as any).notedControls.values()].map(({ name }) => name))
  const reached = stops.map(({ name }) => name)
  const hidden = stops.filter(({ isVisible, showsFocus }) => !isVisible || !showsFocus).map(({ name }) => name)
  return { expected, reached, hidden, backwards: await page.evaluate(backwardSteps) }
}

/** Presses Tab until an element has the focus. */
export async function tabTo(page: Page, element: Locator): Promise<void> {
  await element.waitFor({ state: 'attached' })
  for (let count = 0; count < MOST_STOPS; count++) {
    await page.keyboard.press('Tab')
    if (await element.evaluate(element => element === document.activeElement))
      return
  }
  throw new Error(`Tab does not reach ${String(element)}.`)
}

/**
 * Runs in the page. Notes all links and controls with their places and looks, before one of them has the focus, and lets
 * the next Tab begin at the start of the page.
 */
function noteControls(): void {
  const start = document.createElement('span')
  start.tabIndex = -1
  document.body.prepend(start)
  start.focus()

  const nameOf = (element: Element): string => {
    const text = element.getAttribute('aria-label') ?? (element as HTMLInputElement).labels?.[0]?.textContent ?? element.textContent
    return `${element.localName} ${text.trim().replace(/\s+/g, ' ').slice(0, 60)}`
  }
  /** A hidden input shows its focus at its label. */
  const looksOf = (element: Element): string[] => [element, element.closest('label') ?? element].map((part) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(part)
    const outline = outlineStyle === 'none' || Number.parseFloat(outlineWidth) < 1 ? 'none' : `${outlineStyle} ${outlineWidth}`
    return `${outline}, ${boxShadow}`
  })
  /** The element that scrolls, if the element is in one: its place counts for elements outside of it. */
  const scrollerOf = (element: Element): Element | null => {
    for (let parent = element.parentElement; parent && parent !== document.body; parent = parent.parentElement) {
      if (parent.scrollHeight > parent.clientHeight && getComputedStyle(parent).overflowY !== 'visible')
        return parent
    }
    return null
  }
  const placeOf = (element: Element): { left: number, right: number, top: number, bottom: number } => {
    const { left, right, top, bottom } = element.getBoundingClientRect()
    return { left, right, top: top + scrollY, bottom: bottom + scrollY }
  }
  const note = (element: Element): object => {
    const place = placeOf(element.closest('label') ?? element)
    const scroller = scrollerOf(element)
    return { name: nameOf(element), looks: looksOf(element), place, scroller, scrollerPlace: scroller && placeOf(scroller) }
  }

  const selector = 'a[href], button, input, select, textarea, summary, [tabindex="0"]'
  const controls = [...document.querySelectorAll<HTMLElement>(selector)]
    .filter(element => element.checkVisibility({ visibilityProperty: true }) && !element.matches(':disabled, [tabindex="-1"]'))
    // Tab reaches one radio button of each group: the chosen one, or else the first one.
    .filter((element) => {
      if (!(element instanceof HTMLInputElement) || element.type !== 'radio')
        return true
      const group = [...document.querySelectorAll<HTMLInputElement>(`input[type=radio][name="${element.name}"]`)]
      return element === (group.find(({ checked }) => checked) ?? group[0])
    })
  Object.assign(globalThis, {
    notedControls: new Map(controls.map(element => [element, note(element)])),
    noteControl: note,
    looksOfControl: looksOf,
    walkedControls: [],
  })
}

/** Runs in the page. The link or control with the focus; `null` if the focus has left the page. */
function focusedStop(): Stop | null {
  const { notedControls, noteControl, looksOfControl, walkedControls } = globalThis as any
  const element = document.activeElement!
  if (element === document.body || element === document.body.firstElementChild)
    return null
  // A browser also lets Tab reach an element that only scrolls.
  const noted = notedControls.get(element) ?? { ...noteControl(element), looks: null }
  walkedControls.push(noted)
  const looks: string[] = looksOfControl(element)
  const { top, bottom } = (element.closest('label') ?? element).getBoundingClientRect()
  return {
    name: noted.name,
    isVisible: element.checkVisibility() && bottom > 0 && top < innerHeight,
    showsFocus: looks.some((look, index) => look !== noted.looks?.[index] && look !== 'none, none'),
  }
}

/**
 * Runs in the page. The steps of the walk that go up or to the left. The only step up that a user expects is the one to
 * the next column, which is right of the previous one.
 */
function backwardSteps(): string[] {
  const { walkedControls } = globalThis as any
  return walkedControls.slice(1).flatMap((next: any, index: number) => {
    const previous = walkedControls[index]
    const isTogether = previous.scroller === next.scroller
    const from = isTogether ? previous.place : previous.scrollerPlace ?? previous.place
    const to = isTogether ? next.place : next.scrollerPlace ?? next.place
    const isUp = to.bottom <= from.top + 1
    const isLeftInRow = to.right <= from.left + 1 && to.top < from.bottom - 1 && to.bottom > from.top + 1
    const isNextColumn = to.left >= from.right - 1 && innerWidth > 700
    return (isUp && !isNextColumn) || isLeftInRow ? [`${previous.name} → ${next.name}`] : []
  })
}
