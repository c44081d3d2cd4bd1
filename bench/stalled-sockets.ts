import type { StalledSocketsApp } from '../test/browser/stalled-sockets/start.ts'
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

interface Times { convue: number, shared: number, alone: number }

async function measure(oneWayMs: number): Promise<Times> {
  const [app, browser] = await Promise.all([startStalledSockets(oneWayMs), launchBrowserWithHiddenTabs()])
  try {
    const shared = await visitWithStall(await Visit.begin(browser, app, { isShared: true }), app, ['output'])
    const sharedMs = await shared.elapsed('convue')
    await shared.end()
    const visit = await visitWithStall(await Visit.begin(browser, app), app, ['output', 'p'])
    return { convue: await visit.elapsed('convue'), shared: sharedMs, alone: await visit.elapsed('alone') }
  }
  finally {
    await browser.close()
    await app.close()
  }
}

/** Cuts the network while the page is hidden, and returns to it until it shows new data. */
async function visitWithStall(visit: Visit, { network }: StalledSocketsApp, names: string[]): Promise<Visit> {
  await waitForTexts(visit, ['output', 'p'], String(await visit.increment()))
  await visit.leave()
  network.stall()
  const value = String(await visit.increment())
  await visit.returnTo()
  await waitForTexts(visit, names, value)
  return visit
}

async function waitForTexts({ page }: Visit, names: string[], value: string): Promise<void> {
  await page.waitForFunction(
    (names, value) => names.every(name => document.querySelector(name)?.textContent === value),
    { polling: 50, timeout: PATIENCE_MS },
    names,
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
  const shared = median(rounds.map(({ shared }) => shared))
  const alone = median(rounds.map(({ alone }) => alone))
  const roundTripMs = 2 * oneWayMs
  rows.push([
    `${roundTripMs} ms`,
    `${(alone / 1000).toFixed(1)} s (${Math.round(alone / roundTripMs)} round trips)`,
    `${(convue / 1000).toFixed(2)} s (${(convue / roundTripMs).toFixed(1)} round trips)`,
    `${(shared / 1000).toFixed(2)} s (${(shared / roundTripMs).toFixed(1)} round trips)`,
    `${Math.round(alone / convue)} ×`,
  ])
}
printTables([{
  title: 'From the return to a tab whose network was cut to the first live result',
  head: ['round trip', 'Convex client alone', 'Convue', 'Convue with `sharedTabs`', 'alone to Convue'],
  rows,
}], options.markdown)
