import type { Browser } from 'playwright-core'
import type { OpenedSubject } from './client/workloads.ts'
import { availableParallelism, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { launchBrowser } from '../test/support/browser/browser.ts'
import { BenchPage } from './client/bench-page.ts'
import { servePages } from './client/build.ts'
import { profile } from './client/profile.ts'
import { Results } from './client/results.ts'
import { SUBJECTS, takingPart } from './client/subjects.ts'
import { describeLinger, describeMemory, describeWorkload, findTooSlow } from './client/tables.ts'
import { GENERATIONS, measureLinger, measureMemory, measureRounds, PLANS } from './client/workloads.ts'
import { printTables } from './tables.ts'

/**
 * Compares the speed of Convue with other libraries, in a browser: `node bench/client.ts`.
 *
 * - `--only fan-out` (or `fan-in`, `frames`, `list`, `churn`, `tearing`, `memory`) runs one
 *   workload
 * - `--n 1000` runs it only for this number of components
 * - `--subjects floor,convue` compares only these subjects
 * - `--markdown` prints the tables for `bench/README.md`
 * - `--profile convue` writes a `.cpuprofile` of each step to the directory `--out` instead, from a
 *   build that is not minified
 */
const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    n: { type: 'string' },
    subjects: { type: 'string' },
    markdown: { type: 'boolean', default: false },
    profile: { type: 'string' },
    out: { type: 'string', default: '.' },
  },
})

const FLAGS = [
  // A forced garbage collection must not discard compiled code, or each step would start by
  // compiling it again.
  '--js-flags=--expose-gc --no-flush-bytecode',
]

const wanted = (options.profile ?? options.subjects)?.split(',')
const subjects = SUBJECTS.filter(({ id }) => !wanted || wanted.includes(id))
const plans = PLANS.filter(({ workload }) => !options.only || workload === options.only)
const sizes = options.n ? [Number(options.n)] : undefined
if (subjects.length === 0 || (plans.length === 0 && options.only !== 'memory'))
  throw new Error('Unknown subject or workload.')

const pages = await servePages([...new Set(subjects.map(({ source }) => source))], { minify: !options.profile })
try {
  if (options.profile)
    await writeProfiles()
  else
    await compare()
}
finally {
  pages.close()
}

async function compare(): Promise<void> {
  const results = new Results()
  const isMemoryWanted = !options.only || options.only === 'memory'
  const memorySizes = sizes ?? [1_000, 10_000]
  // Other processes on this machine add noise to the measurements.
  const [load] = loadavg()
  for (let generation = 1; generation <= (plans.length > 0 ? GENERATIONS : 1); generation++) {
    await withBrowser(async (opened, browser) => {
      for (const plan of plans) {
        console.error(`${generation} of ${GENERATIONS}: ${plan.workload}`)
        await measureRounds(opened, plan, plan.isSized ? sizes ?? plan.sizes : plan.sizes, results)
      }
      if (plans.length > 0 && generation < GENERATIONS)
        return
      for (const plan of plans)
        printTables(describeWorkload(plan, results, subjects), options.markdown)
      for (const slow of plans.flatMap(plan => findTooSlow(plan, results))) {
        console.error(`Too slow. ${slow}`)
        process.exitCode = 1
      }
      if (isMemoryWanted) {
        printTables(describeMemory(await measureMemory(opened, memorySizes), subjects), options.markdown)
        printTables(describeLinger(await measureLinger(opened, memorySizes)), options.markdown)
      }
      console.log(`\n${new Date().toISOString().slice(0, 10)}, Chromium ${browser.version()}, ${availableParallelism()} cores, load average ${load!.toFixed(1)} before the run`)
    })
  }
}

async function writeProfiles(): Promise<void> {
  await withBrowser(async (opened) => {
    for (const plan of plans) {
      for (const { subject, page } of takingPart(plan.workload, opened))
        await profile(page, subject, plan, plan.isSized ? sizes ?? plan.sizes : plan.sizes, pages.files.get(`/${subject.source}.js`)!, options.out)
    }
  })
}

/** Starts a browser with one page, and therefore one process, for each subject. */
async function withBrowser(use: (opened: OpenedSubject[], browser: Browser) => Promise<void>): Promise<void> {
  const browser = await launchBrowser(FLAGS)
  try {
    await use(await Promise.all(subjects.map(async subject => ({ subject, page: await BenchPage.open(browser, `${pages.url}/${subject.source}`) }))), browser)
  }
  finally {
    await browser.close()
  }
}
