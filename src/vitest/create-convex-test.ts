/** The `test` of Vitest with a deployment, users and mounted components. */
import type { TestAPI } from 'vitest'
import type { Component } from 'vue'
import type { Deployment, DeploymentOptions, SignedUpUser, SignUpOptions } from '../testing/index.ts'
import type { MountedPage, MountOptions } from './pages.ts'
import { test as base } from 'vitest'
import { startDeployment } from '../testing/index.ts'
import { Pages } from './pages.ts'

/** What the tests of {@link createConvexTest} receive. */
export interface ConvexFixtures {
  /** The deployment of the test file. It starts for the first test that uses it. */
  deployment: Deployment
  /** A user that is signed up for this test. */
  user: SignedUpUser
  /** Signs up further users. Their plugins are closed after the test. */
  signUp: (options?: SignUpOptions) => Promise<SignedUpUser>
  /**
   * Shows a component in the page, as `user`, as another user, or anonymously. It is unmounted
   * after the test. Needs the environment `happy-dom` or `jsdom`.
   */
  mount: (component: Component, options?: MountOptions) => Promise<MountedPage>
}

/**
 * Creates a `test` with a deployment of its own for each test file. Everything is started when a
 * test first uses it, and closed automatically.
 *
 * @param options The options of the deployment.
 * @example
 * export const test = createConvexTest({ env: { STRIPE_KEY: 'test' } })
 */
export function createConvexTest(options: DeploymentOptions = {}): TestAPI<ConvexFixtures> {
  const extended = base
    // eslint-disable-next-line no-empty-pattern
    .extend('deployment', { scope: 'file' }, async ({}, { onCleanup }): Promise<Deployment> => {
      const deployment = await startDeployment(options)
      onCleanup(() => deployment.close())
      return deployment
    })
    .extend('pages', async ({ deployment }, { onCleanup }): Promise<Pages> => {
      const pages = new Pages(deployment)
      onCleanup(() => pages.close())
      return pages
    })
    .extend('signUp', ({ pages }): ConvexFixtures['signUp'] => options => pages.signUp(options))
    .extend('user', async ({ pages }): Promise<SignedUpUser> => await pages.user())
    .extend('mount', ({ pages }): ConvexFixtures['mount'] => (component, options) => pages.mount(component, options))
  // The inferred type also contains `pages`, and the scopes of the fixtures.
  return extended as unknown as TestAPI<ConvexFixtures>
}

/**
 * The `test` of Vitest with the deployment of the app: {@link createConvexTest} without options.
 *
 * @example
 * test('shows a task', async ({ mount }) => {
 *   const page = await mount(TaskList)
 *   await expect.poll(() => page.text).toContain('Buy milk')
 * })
 */
export const test = createConvexTest()
