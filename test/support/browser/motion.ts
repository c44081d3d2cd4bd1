/** Records the animations and transitions of a page. */
import type { BrowserContext, Page } from 'playwright-core'

/** The longest animation that users cannot see, in milliseconds. */
const LONGEST_MS = 10

/** Lets each page of the profile record its animations from the start. */
export async function recordMotion(profile: BrowserContext): Promise<void> {
  await profile.addInitScript((longest) => {
    const motions = new Set<string>()
    Object.assign(globalThis, { recordedMotions: motions })
    const look = (): void => {
      for (const animation of document.getAnimations()) {
        const { target, pseudoElement } = animation.effect as KeyframeEffect
        // Without the delay, in which nothing moves.
        if (Number(animation.effect!.getComputedTiming().activeDuration) > longest) {
          const what = (animation as CSSAnimation).animationName ?? (animation as CSSTransition).transitionProperty
          motions.add(`${what} of ${target?.localName}.${target?.className}${pseudoElement ?? ''}`)
        }
      }
      requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  }, LONGEST_MS)
}

/** The animations and transitions so far that users can see. */
export function motionsSoFar(page: Page): Promise<string[]> {
  return page.evaluate(() => new Promise((resolve) => {
    requestAnimationFrame(() => requestAnimationFrame(() => resolve([...(globalThis as any).recordedMotions])))
  }))
}
