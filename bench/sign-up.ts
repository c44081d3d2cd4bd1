import type { Deployment } from '../src/testing/index.ts'
import { api } from '../test/support/convex/_generated/api.js'
import { createBrowserFetch } from '../test/support/live/deployment.ts'

/**
 * The text of the only task of the user. Pages and messages that contain this text contain the data
 * of the user.
 */
export const TASK = 'Water the ferns'

/**
 * Signs up a user with one task, through the app's server at `app`. Returns the cookies of the
 * browser.
 */
export async function signUpWithTask(deployment: Deployment, origin: string, app: string): Promise<Map<string, string>> {
  const browserFetch = createBrowserFetch(origin)
  const response = await browserFetch(`${app}/api/auth/sign-up/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Ada', email: 'ada@example.com', password: 'correct horse battery' }),
  })
  const { user } = await response.json() as { user: { id: string } }
  await deployment.mutation(api.tasks.add, { text: TASK }, { identity: { subject: user.id } })
  return browserFetch.cookies
}
