import type { Browser, CDPSession, Page } from 'playwright-core'
import type { PageBench, Sample, WorkloadName } from '../page/bench.ts'
import type { SessionOptions } from '../page/subject.ts'

/** A subject in its own page and process. */
export class BenchPage {
  readonly #page: Page
  readonly cdp: CDPSession

  private constructor(page: Page, cdp: CDPSession) {
    this.#page = page
    this.cdp = cdp
  }

  static async open(browser: Browser, url: string): Promise<BenchPage> {
    const context = await browser.newContext()
    const page = await context.newPage()
    page.on('pageerror', (error) => {
      throw error
    })
    page.on('console', message => console.error(`${url}: ${message.text()}`))
    await page.goto(url)
    await page.waitForFunction(() => 'bench' in window)
    if (!await page.evaluate(() => crossOriginIsolated))
      throw new Error('The page is not isolated: its clock is coarse.')
    return new BenchPage(page, await context.newCDPSession(page))
  }

  open(workload: WorkloadName, n: number, options: SessionOptions = {}): Promise<void> {
    return this.#page.evaluate(([workload, n, options]) => window.bench.open(workload, n, options), [workload, n, options] as Parameters<PageBench['open']>)
  }

  step(name: string): Promise<Sample> {
    return this.#page.evaluate(name => window.bench.step(name), name)
  }

  profileAs(title: string | undefined): Promise<void> {
    return this.#page.evaluate(title => window.bench.profileAs(title), title)
  }

  close(): Promise<void> {
    return this.#page.evaluate(() => window.bench.close())
  }

  /** The bytes of the JavaScript heap after a garbage collection. */
  async measureHeap(): Promise<number> {
    await this.cdp.send('HeapProfiler.collectGarbage')
    const { usedSize } = await this.cdp.send('Runtime.getHeapUsage')
    return usedSize
  }

  async waitUntilQueriesAre(count: number, timeoutMs: number): Promise<void> {
    await this.#page.waitForFunction(count => window.bench.countQueries() === count, count, { timeout: timeoutMs, polling: 50 })
  }

  /** The busy time of the page's main thread, in milliseconds. */
  async measureWork(): Promise<number> {
    const { metrics } = await this.cdp.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'TaskDuration')!.value * 1_000
  }
}
