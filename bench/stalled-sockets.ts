import { parseArgs } from 'node:util'
import { startStalledSockets } from '../test/browser/stalled-sockets/start.ts'
import { launchBrowserWithHiddenTabs, Visit } from '../test/browser/stalled-sockets/visit.ts'
import { printTables } from './tables.ts'

/**
 * Measures how long a tab shows old data after it is shown again, if its network was cut while it
 * was hidden: `node bench/stalled-sockets.ts`. Each visit takes about a minute, since the Convex
 * client alone waits so long.
 *
 * - `--latency 25,100` are the times of a message in one direction, in milliseconds
 * - `--rounds 3` is the number of visits for each of them
 * - `--markdown` prints the table for `bench/README.md`
 */
const { values: options } = parseArgs({
  options: {
    latency: { type: 'string', default: '25,100' },
    rounds: { type: 'string', default: '3' },
    markdown: { type: 'boolean', default: false },
  },
})

/** The longest time that the client alone may take, in ms. */
const PATIENCE_MS = 120_000

interface Times { convue: number, alone: number }

async function measure(oneWayMs: number): Promise<Times> {
  const [app, browser] = await Promise.all([startStalledSockets(oneWayMs), launchBrowserWithHiddenTabs()])
  try {
    const visit = await Visit.begin(browser, app)
    await waitForTexts(visit, String(await visit.increment()))
    await visit.leave()
    app.network.stall()
    const value = String(await visit.increment())
    await visit.returnTo()
    await waitForTexts(visit, value)
    return { convue: await visit.elapsed('convue'), alone: await visit.elapsed('alone') }
  }
  finally {
    await browser.close()
    await app.close()
  }
}

async function waitForTexts({ page }: Visit, value: string): Promise<void> {
  await page.waitForFunction(
    value => ['output', 'p'].every(name => document.querySelector(name)?.textContent === value),
    { polling: 50, timeout: PATIENCE_MS },
    value,
  )
}

function median(values: number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]!
}

const rows: string[][] = []
for (const oneWayMs of options.latency.split(',').map(Number)) {
  const rounds: Times[] = []
  for (let round = 0; round < Number(options.rounds); round++)
    rounds.push(await measure(oneWayMs))
  const convue = median(rounds.map(({ convue }) => convue))
  const alone = median(rounds.map(({ alone }) => alone))
  const roundTripMs = 2 * oneWayMs
  rows.push([
    `${roundTripMs} ms`,
    `${(alone / 1000).toFixed(1)} s (${Math.round(alone / roundTripMs)} round trips)`,
    `${(convue / 1000).toFixed(2)} s (${(convue / roundTripMs).toFixed(1)} round trips)`,
    `${Math.round(alone / convue)} ×`,
  ])
}
printTables([{
  title: 'From the return to a tab whose network was cut to the first live result',
  head: ['round trip', 'Convex client alone', 'Convue', 'ratio'],
  rows,
}], options.markdown)
