import process from 'node:process'
import { parseArgs } from 'node:util'
import { launchBrowser } from '../test/support/browser.ts'
import { BenchPage } from './client/bench-page.ts'
import { servePages } from './client/build.ts'
import { profile } from './client/profile.ts'
import { Results } from './client/results.ts'
import { SUBJECTS } from './client/subjects.ts'
import { describeLinger, describeMemory, describeWorkload, printTables } from './client/tables.ts'
import { measureLinger, measureMemory, measureRounds, PLANS } from './client/workloads.ts'

/**
 * How fast Convue is beside others, in a browser: `node bench/client.ts`.
 *
 * - `--only fan-out` (or `fan-in`, `list`, `churn`, `tearing`, `memory`) runs one workload
 * - `--n 1000` runs it for that many components alone
 * - `--subjects floor,convue` compares these subjects alone
 * - `--markdown` prints the tables for `bench/README.md`
 * - `--profile convue` writes a `.cpuprofile` of each step instead, of a build that is not minified, to the directory `--out`
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
  // A forced collection must not throw compiled code away, or each step would begin by compiling again.
  '--js-flags=--expose-gc --no-flush-bytecode',
]

const wanted = (options.profile ?? options.subjects)?.split(',')
const subjects = SUBJECTS.filter(({ id }) => !wanted || wanted.includes(id))
const plans = PLANS.filter(({ workload }) => !options.only || workload === options.only)
const sizes = options.n ? [Number(options.n)] : undefined
if (subjects.length === 0 || (plans.length === 0 && options.only !== 'memory'))
  throw new Error('There is no such subject or workload.')

const pages = await servePages([...new Set(subjects.map(({ source }) => source))], { minify: !options.profile })
const browser = await launchBrowser(FLAGS)
try {
  const opened = await Promise.all(subjects.map(async subject => ({ subject, page: await BenchPage.open(browser, `${pages.url}/${subject.source}`) })))
  if (options.profile) {
    for (const plan of plans) {
      for (const { subject, page } of opened)
        await profile(page, subject, plan, sizes ?? plan.sizes, pages.files.get(`/${subject.source}.js`)!, options.out)
    }
  }
  else {
    const results = new Results()
    for (const plan of plans) {
      await measureRounds(opened, plan, sizes ?? plan.sizes, results)
      printTables(describeWorkload(plan, results, subjects), options.markdown)
    }
    if (!options.only || options.only === 'memory') {
      const memorySizes = sizes ?? [1_000, 10_000]
      printTables(describeMemory(await measureMemory(opened, memorySizes), subjects), options.markdown)
      printTables(describeLinger(await measureLinger(opened, memorySizes)), options.markdown)
    }
    console.log(`\nChromium ${browser.version()}, Node ${process.versions.node}`)
  }
}
finally {
  await browser.close()
  pages.close()
}
