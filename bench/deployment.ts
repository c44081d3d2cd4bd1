import type { RawData } from 'ws'
import type { DocumentsMessage, Memory, Times } from './deployment/documents.ts'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { ConvexClient } from 'convex/browser'
import { anyApi } from 'convex/server'
import { WebSocket, WebSocketServer } from 'ws'
import { api } from '../test/support/convex/_generated/api.js'
import { tokenEnv } from '../test/support/live/tokens.ts'
import { DOCUMENTS } from './deployment/documents.ts'
import { startInstantServer } from './deployment/instant-server.ts'
import { loadTesting, variant } from './deployment/variant.ts'

/**
 * Measures the speed and the memory of the embedded deployment: `node bench/deployment.ts`. Measures
 * the built package if there is one, and the sources with `--sources`. Fails if the median time of
 * a start is longer than 1.5 s, if the median time until the subscriber of a changed query (one of
 * a thousand subscriptions) receives the result of a mutation is longer than 10 ms, or if the
 * memory of the built package exceeds 200 MiB. The limits are for two cores.
 */
const SUBSCRIPTIONS = 1_000
const ROUNDS = 200
const STARTS = 5
const LIMITS = { start: 1_500, update: 10, memory: 200 }

const functions = fileURLToPath(new URL('../test/support/convex', import.meta.url))
const documentsProcess = fileURLToPath(new URL('./deployment/documents.ts', import.meta.url))
const { rows } = anyApi as any

interface Sample {
  name: string
  times: number[]
}

const { startDeployment } = await loadTesting()
console.log(`Embedded deployment: ${variant}`)

const { samples: documents, memory } = await measureDocuments()
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

const own = memory.full - memory.node
console.table(Object.fromEntries(Object.entries({
  'before the deployment': memory.node,
  'with an empty deployment': memory.empty,
  [`with ${DOCUMENTS.toLocaleString('en')} documents and ${SUBSCRIPTIONS} subscriptions`]: memory.full,
  'the deployment: the difference to before': own,
}).map(([name, size]) => [name, { MiB: round(size) }])))

const updates = [...oneClient, ...manyClients, ...crowd].filter(({ name }) => name.startsWith('mutation'))
const isSlow = quantile(starts.times, 0.5) > LIMITS.start
  || updates.some(({ times }) => quantile(times, 0.5) > LIMITS.update)
const isLarge = variant !== 'sources' && own > LIMITS.memory
if (isSlow || isLarge) {
  console.error(isSlow ? 'Too slow.' : 'Too large.')
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

/**
 * The times of functions in a deployment with many documents, and the memory of its process. The
 * subscriptions are those of this process.
 */
async function measureDocuments(): Promise<{ samples: Sample[], memory: Memory }> {
  const child = fork(documentsProcess, process.argv.slice(2))
  const receive = async (): Promise<DocumentsMessage> => (await once(child, 'message'))[0]
  const filled = await receive() as DocumentsMessage & { type: 'filled' }
  const { client, subscribed } = await subscribeToRows(filled.url)
  child.send(SUBSCRIPTIONS)
  const measured = await receive() as DocumentsMessage & { type: 'measured' }
  await client.close()
  child.send('close')
  await once(child, 'exit')
  const times: Times = {
    ...filled.times,
    ...measured.times,
    [`first results of ${SUBSCRIPTIONS} subscriptions`]: [subscribed],
  }
  const label = `${DOCUMENTS.toLocaleString('en')} documents: `
  const samples = Object.entries(times).map(([name, times]) => ({ name: label + name, times }))
  return { samples, memory: measured.memory }
}

/** Subscribes to rows that no mutation changes. */
async function subscribeToRows(url: string): Promise<{ client: ConvexClient, subscribed: number }> {
  const client = new ConvexClient(url, { unsavedChangesWarning: false })
  const begin = performance.now()
  await Promise.all(Array.from({ length: SUBSCRIPTIONS }, (_, n) => new Promise<void>((resolve) => {
    client.onUpdate(rows.one, { n }, () => resolve())
  })))
  return { client, subscribed: performance.now() - begin }
}

function quantile(times: number[], q: number): number {
  return times.toSorted((a, b) => a - b)[Math.floor((times.length - 1) * q)]!
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
