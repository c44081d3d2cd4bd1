import type { Locator, Page } from 'playwright-core'

interface PlaygroundPage {
  path: string
  heading: string
  /** The heading in the Nuxt playground, if it differs; `null` if the page is not in that playground. */
  onNuxt?: string | null
}

/**
 * Every page of both playgrounds, with the heading by which tests recognize it. The page `/queries/…` names a bird that
 * exists, since the page of an unknown bird shows less.
 */
export const playgroundPages: readonly PlaygroundPage[] = [
  { path: '/', heading: 'Live data that knows who is asking', onNuxt: 'Rendered as you, live without a flicker' },
  { path: '/sign-in', heading: 'Sign in' },
  { path: '/sign-up', heading: 'Sign up' },
  { path: '/tasks', heading: 'My tasks' },
  { path: '/feed', heading: 'Public feed' },
  { path: '/queries', heading: 'Queries' },
  { path: '/queries/Raven', heading: 'Raven' },
  { path: '/pagination', heading: 'Pagination' },
  { path: '/scrolling', heading: 'Scrolling', onNuxt: null },
  { path: '/optimistic', heading: 'Optimistic updates' },
  { path: '/outbox', heading: 'Offline notes' },
  { path: '/presence', heading: 'Presence' },
  { path: '/uploads', heading: 'Uploads' },
  { path: '/forms', heading: 'Forms' },
  { path: '/offline', heading: 'Offline' },
  { path: '/account', heading: 'Account' },
  { path: '/inspector', heading: 'Inspector' },
  { path: '/mocks', heading: 'Mocks' },
  // An app of its own: the other pages keep a socket in each tab.
  { path: '/tabs.html', heading: 'One connection for all tabs', onNuxt: null },
  { path: '/no/such/page', heading: 'There is no such page' },
]

/** The pages that redirect a signed-in user. */
export const guestPages = ['/sign-in', '/sign-up']

/** The text of a page about the auth status. */
export function authStatus(page: Page, text: string): Locator {
  // The page /tabs.html has no header.
  return page.locator('.live-line, .facts').getByText(text).first()
}
