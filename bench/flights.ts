import { availableParallelism, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { measureFlights } from './flights/measure.ts'
import { buildApp } from './nuxt/start-app.ts'
import { measureRendering } from './rendering/measure.ts'
import { printTables } from './tables.ts'

/**
 * Measures how many round trips a page needs before it shows the data of its user, and how fast an
 * app's server renders such pages: `node bench/flights.ts`.
 *
 * - `--only flights` (or `rendering`) runs one of the two benchmarks
 * - `--latency 100` is the time of a message in one direction, in milliseconds
 * - `--rounds 3` is the number of loads of each page
 * - `--seconds 3` is how long the load on each page lasts
 * - `--markdown` prints the tables for `bench/README.md`
 */
const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    latency: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    markdown: { type: 'boolean', default: false },
  },
})

// Other processes on this machine add noise to the measurements.
const [loadBefore] = loadavg()
const app = await buildApp()
try {
  if (options.only !== 'rendering')
    printTables(await measureFlights(app, { oneWayMs: Number(options.latency), rounds: Number(options.rounds) }), options.markdown)
  if (options.only !== 'flights')
    printTables(await measureRendering(app, { durationMs: Number(options.seconds) * 1_000, connections: 20, answerMs: 100 }), options.markdown)
  console.log(`\n${new Date().toISOString().slice(0, 10)}, ${availableParallelism()} cores, load average ${loadBefore!.toFixed(1)} before the run`)
}
finally {
  await app.remove()
}
