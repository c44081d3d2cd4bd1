import type { RawData } from 'ws'
import type { DocumentsMessage, Memory, Times } from './deployment/documents.ts'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
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
 * the built package if there is one, and the sources with `--sources`. The last table compares
 * medians with their limits, which are for two cores that do nothing else. The command fails only
 * if a time is longer than twice its limit, since other programs also slow down a machine, or if
 * the memory of the built package exceeds its limit.
 */
const SUBSCRIPTIONS = 1_000
const ROUNDS = 200
/** Mutations before the measured ones, so that V8 has optimized the code of all threads. */
const WARM_UP = 1_000
const STARTS = 5

const functions = fileURLToPath(new URL('../test/support/convex', import.meta.url))
/** Below the folder of the repository, so that the functions find their packages. */
const coldFolder = fileURLToPath(new URL('./.convue', import.meta.url))
const documentsProcess = fileURLToPath(new URL('./deployment/documents.ts', import.meta.url))
const { rows } = anyApi as any

interface Sample {
  name: string
  times: number[]
}

/** A figure that has a limit. */
interface Limited {
  figure: string
  value: number
  limit: number
  unit: 'ms' | 'times' | 'MiB'
}

const { startDeployment } = await loadTesting()
console.log(`Embedded deployment: ${variant}`)

const { samples: documents, memory } = await measureDocuments()
const starts = await measureStarts()
const coldStarts = await measureColdStarts()
const floor = await measureEcho()
const clients = await measureClients(1, SUBSCRIPTIONS)
const alone = await measureUpdates(1, 1)
const oneClient = await measureUpdates(1, SUBSCRIPTIONS, WARM_UP)
const manyClients = await measureUpdates(100, SUBSCRIPTIONS / 100)
const crowd = await measureUpdates(500, 2)

console.table(Object.fromEntries([starts, coldStarts, floor, ...clients, alone, ...oneClient, ...manyClients, ...crowd, ...documents].flat().map(({ name, times }) => [name, {
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

const medianOf = (name: string): number => quantile(documents.find(sample => sample.name === nameWithDocuments(name))!.times, 0.5)
const limited: Limited[] = [
  { figure: 'start with the bundle cache', value: quantile(starts.times, 0.5), limit: 500, unit: 'ms' },
  { figure: 'start without the bundle cache', value: quantile(coldStarts.times, 0.5), limit: 1_500, unit: 'ms' },
  { figure: `mutation to its subscriber among ${SUBSCRIPTIONS}`, value: quantile(oneClient.at(-1)!.times, 0.5), limit: 2, unit: 'ms' },
  { figure: `first results of ${SUBSCRIPTIONS} subscriptions`, value: medianOf(`first results of ${SUBSCRIPTIONS} subscriptions`), limit: 150, unit: 'ms' },
  { figure: 'get', value: medianOf('get'), limit: 0.2, unit: 'ms' },
  { figure: 'one row by index', value: medianOf('one row by index'), limit: 0.5, unit: 'ms' },
  { figure: '100 index reads in one mutation', value: medianOf('100 index reads in one mutation'), limit: 20, unit: 'ms' },
  { figure: 'fill', value: medianOf('fill'), limit: 10_000, unit: 'ms' },
  { figure: `insert beside ${SUBSCRIPTIONS} subscriptions, compared with alone`, value: medianOf(`insert beside ${SUBSCRIPTIONS} subscriptions`) / medianOf('insert'), limit: 1.2, unit: 'times' },
  { figure: 'memory of the deployment', value: own, limit: 200, unit: 'MiB' },
]
console.table(Object.fromEntries(limited.map(({ figure, value, limit, unit }) => [figure, {
  measured: round(value),
  limit,
  unit,
  met: value <= limit ? 'yes' : 'no',
}])))

const failed = limited.filter(({ value, limit, unit }) =>
  unit === 'MiB' ? variant !== 'sources' && value > limit : value > 2 * limit)
if (failed.length > 0) {
  console.error(`Far beyond its limit: ${failed.map(({ figure }) => figure).join(', ')}.`)
  process.exitCode = 1
}

/** The first start, which is not measured, writes the bundles if a file has changed. */
async function measureStarts(): Promise<Sample> {
  await timeStart(functions)
  const times: number[] = []
  for (let index = 0; index < STARTS; index++)
    times.push(await timeStart(functions))
  return { name: 'start with the bundle cache', times }
}

/**
 * Starts without bundles and without compiled code. Convue caches both in the next `node_modules`
 * above the functions, so each start has a new copy of the functions beside an empty one.
 */
async function measureColdStarts(): Promise<Sample> {
  const times: number[] = []
  for (let index = 0; index < STARTS; index++) {
    await rm(coldFolder, { recursive: true, force: true })
    await mkdir(join(coldFolder, 'node_modules'), { recursive: true })
    await cp(functions, join(coldFolder, 'convex'), { recursive: true })
    times.push(await timeStart(join(coldFolder, 'convex')))
  }
  await rm(coldFolder, { recursive: true })
  return { name: 'start without the bundle cache', times }
}

async function timeStart(functions: string): Promise<number> {
  const begin = performance.now()
  const deployment = await startDeployment({ functions, env: tokenEnv })
  const time = performance.now() - begin
  await deployment.close()
  return time
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

async function measureUpdates(clientCount: number, subscriptionsEach: number, warmUp = 0): Promise<Sample[]> {
  const deployment = await startDeployment({ functions, env: tokenEnv })
  const samples = await measureUpdatesOf(deployment.url, clientCount, subscriptionsEach, warmUp)
  await deployment.close()
  return samples
}

/**
 * One client runs a mutation, and another client with its share of the subscriptions receives the
 * result. The first `warmUp` mutations are not measured.
 */
async function measureUpdatesOf(url: string, clientCount: number, subscriptionsEach: number, warmUp = 0): Promise<Sample[]> {
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
  for (let round = -warmUp; round < ROUNDS; round++) {
    const name = names[(round + warmUp) * 7 % names.length]!
    const received = new Promise(resolve => listeners.set(name, resolve))
    const begin = performance.now()
    const answered = writer.mutation(api.counters.increment, { name })
    await received
    if (round >= 0)
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
  const samples = Object.entries(times).map(([name, times]) => ({ name: nameWithDocuments(name), times }))
  return { samples, memory: measured.memory }
}

function nameWithDocuments(name: string): string {
  return `${DOCUMENTS.toLocaleString('en')} documents: ${name}`
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
