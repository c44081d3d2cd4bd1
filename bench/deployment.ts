import type { RawData } from 'ws'
import type { Deployment } from '../src/testing/index.ts'
import { once } from 'node:events'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { ConvexClient } from 'convex/browser'
import { anyApi } from 'convex/server'
import { WebSocket, WebSocketServer } from 'ws'
import { startDeployment } from '../src/testing/index.ts'
import { api } from '../test/support/convex/_generated/api.js'
import { tokenEnv } from '../test/support/live/tokens.ts'
import { startInstantServer } from './deployment/instant-server.ts'

/**
 * Measures the speed and the memory of the embedded deployment: `node bench/deployment.ts`. Fails
 * if the median time of a start is longer than 1.5 s, or if the median time until the subscriber of
 * a changed query (one of a thousand subscriptions) receives the result of a mutation is longer
 * than 10 ms. The limits are for two cores.
 */
const SUBSCRIPTIONS = 1_000
const ROUNDS = 200
const STARTS = 5
const LIMITS = { start: 1_500, update: 10 }
const DOCUMENTS = 100_000
const FILL_BATCH = 1_000

const functions = fileURLToPath(new URL('../test/support/convex', import.meta.url))
/** Functions without components, for the measurements with many documents. */
const rowFunctions = fileURLToPath(new URL('./deployment/convex', import.meta.url))
const { rows } = anyApi as any

interface Sample {
  name: string
  times: number[]
}

// Measured first, since the memory of the whole process is measured.
const documents = await measureDocuments()
const starts = await measureStarts()
const floor = await measureEcho()
const clients = await measureClients(1, SUBSCRIPTIONS)
const alone = await measureUpdates(1, 1)
const oneClient = await measureUpdates(1, SUBSCRIPTIONS)
const manyClients = await measureUpdates(100, SUBSCRIPTIONS / 100)
const crowd = await measureUpdates(500, 2)

console.table(Object.fromEntries([starts, floor, ...clients, alone, ...oneClient, ...manyClients, ...crowd, ...documents].flat().map(({ name, times }) => [name, {
  'median ms': round(quantile(times, 0.5)),
  'p95 ms': round(quantile(times, 0.95)),
  'times the floor': name.startsWith('mutation') ? round(quantile(times, 0.5) / quantile(floor.times, 0.5)) : '',
}])))

const updates = [...oneClient, ...manyClients, ...crowd].filter(({ name }) => name.startsWith('mutation'))
if (quantile(starts.times, 0.5) > LIMITS.start || updates.some(({ times }) => quantile(times, 0.5) > LIMITS.update)) {
  console.error('Too slow.')
  process.exitCode = 1
}

async function measureStarts(): Promise<Sample> {
  const times: number[] = []
  for (let index = 0; index < STARTS; index++) {
    const begin = performance.now()
    const deployment = await startDeployment({ functions, env: tokenEnv })
    times.push(performance.now() - begin)
    await deployment.close()
  }
  return { name: 'start', times }
}

/** The floor: the round trip of a message to a plain WebSocket server in this process. */
async function measureEcho(): Promise<Sample> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  server.on('connection', socket => socket.on('message', (data: RawData) => socket.send(data)))
  await once(server, 'listening')
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as { port: number }).port}`)
  await once(socket, 'open')
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const begin = performance.now()
    socket.send('x'.repeat(200))
    await once(socket, 'message')
    times.push(performance.now() - begin)
  }
  socket.close()
  server.close()
  return { name: 'floor: raw WebSocket echo', times }
}

/**
 * The time that the clients themselves take, measured with a server that sends all results at once.
 */
async function measureClients(clientCount: number, subscriptionsEach: number): Promise<Sample[]> {
  const server = await startInstantServer()
  const samples = await measureUpdatesOf(server.url, clientCount, subscriptionsEach)
  server.close()
  return samples.map(({ name, times }) => ({ name: `floor: the clients alone, ${name}`, times }))
}

async function measureUpdates(clientCount: number, subscriptionsEach: number): Promise<Sample[]> {
  const deployment = await startDeployment({ functions, env: tokenEnv })
  const samples = await measureUpdatesOf(deployment.url, clientCount, subscriptionsEach)
  await deployment.close()
  return samples
}

/**
 * One client runs a mutation, and another client with its share of the subscriptions receives the
 * result.
 */
async function measureUpdatesOf(url: string, clientCount: number, subscriptionsEach: number): Promise<Sample[]> {
  const options = { unsavedChangesWarning: false }
  const writer = new ConvexClient(url, options)
  const readers = Array.from({ length: clientCount }, () => new ConvexClient(url, options))
  const listeners = new Map<string, (value: number) => void>()
  const total = clientCount * subscriptionsEach

  const begin = performance.now()
  await Promise.all(readers.flatMap((reader, client) => Array.from({ length: subscriptionsEach }, (_, index) => new Promise<void>((resolve) => {
    const name = `${client}/${index}`
    listeners.set(name, () => resolve())
    reader.onUpdate(api.counters.get, { name }, value => listeners.get(name)!(value))
  }))))
  const subscribed = performance.now() - begin

  const names = [...listeners.keys()]
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const name = names[round * 7 % names.length]!
    const received = new Promise(resolve => listeners.set(name, resolve))
    const begin = performance.now()
    const answered = writer.mutation(api.counters.increment, { name })
    await received
    times.push(performance.now() - begin)
    await answered
  }
  await Promise.all([writer, ...readers].map(client => client.close()))
  const label = `${total} subscription${total === 1 ? '' : 's'} of ${clientCount} client${clientCount === 1 ? '' : 's'}`
  return [{ name: `first results of ${label}`, times: [subscribed] }, { name: `mutation to its subscriber, ${label}`, times }]
}

/** The times of functions in a deployment with many documents, and the memory of the process. */
async function measureDocuments(): Promise<Sample[]> {
  const deployment = await startDeployment({ functions: rowFunctions })
  const fill = await timeOf(1, async () => {
    for (let from = 0; from < DOCUMENTS; from += FILL_BATCH)
      await deployment.mutation(rows.fill, { from, count: FILL_BATCH })
  })
  const ids = await deployment.query(rows.ids, { from: 0, count: ROUNDS })
  const get = await timeOf(ROUNDS, index => deployment.query(rows.get, { id: ids[index] }))
  const one = await timeOf(ROUNDS, index => deployment.query(rows.one, { n: index * 7 }))
  const reads = await timeOf(ROUNDS / 4, index => deployment.mutation(rows.readMany, { from: index * 100 }))
  const insert = await timeOf(ROUNDS, () => deployment.mutation(rows.insert, {}))
  const { client, subscribed } = await subscribeToRows(deployment)
  const besides = await timeOf(ROUNDS, () => deployment.mutation(rows.insert, {}))
  const memory = process.memoryUsage().rss / 2 ** 20
  await client.close()
  await deployment.close()
  const label = `${DOCUMENTS.toLocaleString('en')} documents: `
  return [
    { name: `${label}fill`, times: fill },
    { name: `${label}get`, times: get },
    { name: `${label}one row by index`, times: one },
    { name: `${label}100 index reads in one mutation`, times: reads },
    { name: `${label}insert`, times: insert },
    { name: `${label}insert beside ${SUBSCRIPTIONS} subscriptions`, times: besides },
    { name: `${label}first results of ${SUBSCRIPTIONS} subscriptions`, times: [subscribed] },
    { name: `${label}memory with the client, MiB`, times: [memory] },
  ]
}

/** Subscribes to rows that no mutation changes. */
async function subscribeToRows(deployment: Deployment): Promise<{ client: ConvexClient, subscribed: number }> {
  const client = new ConvexClient(deployment.url, { unsavedChangesWarning: false })
  const begin = performance.now()
  await Promise.all(Array.from({ length: SUBSCRIPTIONS }, (_, n) => new Promise<void>((resolve) => {
    client.onUpdate(rows.one, { n }, () => resolve())
  })))
  return { client, subscribed: performance.now() - begin }
}

async function timeOf(rounds: number, body: (index: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = []
  for (let index = 0; index < rounds; index++) {
    const begin = performance.now()
    await body(index)
    times.push(performance.now() - begin)
  }
  return times
}

function quantile(times: number[], q: number): number {
  return times.toSorted((a, b) => a - b)[Math.floor((times.length - 1) * q)]!
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
