import type { Deployment } from '../../src/testing/index.ts'
import type { Session } from '../support/live/deployment.ts'
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest'
import { signUp, startFixture } from '../support/live/deployment.ts'
import { becomePage } from '../support/live/live-page.ts'
import { FaultPage } from './fault-page.ts'
import { FaultProxy } from './fault-proxy.ts'
import { LockstepTime } from './lockstep-time.ts'

/** The deployment, network, clock and user of a test. */
export interface FaultFixture {
  deployment: Deployment
  proxy: FaultProxy
  time: LockstepTime
  session: Session
  /** Opens a page for the user of `session`. The page is closed after the test. */
  open: () => FaultPage
  /** Opens a page and waits until it shows its first results. */
  openLoaded: () => Promise<FaultPage>
}

/**
 * Starts one deployment for a test file. Creates a new user with a session, a network and a clock
 * for each test.
 */
export function useFaultFixture(jwtSeconds: number): FaultFixture {
  const fixture = {} as FaultFixture
  const pages: FaultPage[] = []
  beforeAll(async () => {
    fixture.deployment = await startFixture({ env: { JWT_SECONDS: String(jwtSeconds), PLAIN_PASSWORDS: '1' } })
  })
  beforeEach(async () => {
    becomePage()
    const { deployment } = fixture
    fixture.session = await signUp(deployment)
    deployment.log.length = 0
    fixture.proxy = await FaultProxy.open(deployment)
    fixture.time = new LockstepTime(deployment, fixture.proxy)
    fixture.open = () => {
      const page = new FaultPage(deployment, fixture.proxy, fixture.session)
      pages.push(page)
      return page
    }
    fixture.openLoaded = async () => {
      const page = fixture.open()
      await fixture.time.until(() => page.isUpToDate, 5000)
      return page
    }
  })
  afterEach(async () => {
    // The proxy is closed before the pages have closed: a client waits until the other side has
    // closed the connection, too.
    const closed = pages.splice(0).map(page => page.close())
    await fixture.proxy.close()
    // Better Auth's client ends its subscription a second later.
    await fixture.time.elapse(2000)
    await Promise.all(closed)
    fixture.time.end()
    vi.unstubAllGlobals()
  })
  afterAll(() => fixture.deployment.close())
  return fixture
}
