import { availableParallelism, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { measureFlights } from './flights/measure.ts'
import { buildApp } from './nuxt/start-app.ts'
import { measureRendering } from './rendering/measure.ts'
import { printTables } from './tables.ts'

/**
 * How often a page has to ask before it shows the data of whoever is signed in, and how fast an app's server renders such pages:
 * `node bench/flights.ts`.
 *
 * - `--only flights` (or `rendering`) measures one of both
 * - `--latency 100` is how long a message takes one way, in milliseconds
 * - `--rounds 3` is how often each page is loaded
 * - `--seconds 3` is how long each page is asked for
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

// Others at work on this machine make for noise.
const [loadBefore] = loadavg()
const app = await buildApp()
try {
  if (options.only !== 'rendering')
    printTables(await measureFlights(app, { oneWayMs: Number(options.latency), rounds: Number(options.rounds) }), options.markdown)
  if (options.only !== 'flights')
    printTables(await measureRendering(app, { durationMs: Number(options.seconds) * 1_000, connections: 20, answerMs: 20 }), options.markdown)
  console.log(`\n${new Date().toISOString().slice(0, 10)}, ${availableParallelism()} cores, load average ${loadBefore!.toFixed(1)} before`)
}
finally {
  await app.remove()
}
